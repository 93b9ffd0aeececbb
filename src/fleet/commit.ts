import { FleetError } from "./fleet-error.ts"

const LENGTH = { min: 7, max: 40 } as const

/**
 * Parses the hex id of the source that a release was built from: 7 to 40 digits. Capital digits are taken as lower
 * case, so that one commit has one spelling. Throws `INVALID_COMMIT`.
 */
export function parseCommit(text: string): string {
  if (isCommit(text)) return text.toLowerCase()
  throw new FleetError("INVALID_COMMIT", `"${text.slice(0, 80)}" is not a commit`, {
    hint: `a commit, or the beginning of one, is ${LENGTH.min} to ${LENGTH.max} hex digits`,
  })
}

/** Whether a text can be a commit, or a beginning that names one. */
export function isCommit(text: string): boolean {
  return text.length >= LENGTH.min && text.length <= LENGTH.max && /^[0-9a-fA-F]+$/.test(text)
}

/**
 * What a commit or its beginning names: the releases with exactly that commit, else all whose commit begins so.
 * Without the preference for the exact, a short commit could not be named beside a longer one that begins alike.
 */
export function matchCommit<Release extends { commit: string }>(
  commit: string,
  releases: readonly Release[],
): Release[] {
  const exact = releases.filter((release) => release.commit === commit)
  return exact.length > 0 ? exact : releases.filter((release) => release.commit.startsWith(commit))
}
