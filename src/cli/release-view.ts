import type { Release, ReleaseSummary } from "../fleet/release.ts"
import { isFinal } from "../fleet/release.ts"
import { rawVersion } from "../fleet/version.ts"
import { printTable } from "./format.ts"

/** A release as programs read it in a list. */
export function summaryJson(release: ReleaseSummary) {
  return {
    fleet: release.fleet,
    version: rawVersion(release),
    status: release.status,
    failureReason: release.failureReason,
    revision: release.revision,
    isDraft: isDraft(release),
    isInvalidated: release.isInvalidated,
    commit: release.commit,
    release: release.index?.digest ?? null,
    createdAt: release.createdAt,
    recordedAt: release.recordedAt,
  }
}

/** A release as programs read it whole. */
export function releaseJson(release: Release) {
  const { services, composition, contract, note, tags } = release
  return {
    ...summaryJson(release),
    services: Object.fromEntries(services.map(({ name, ...image }) => [name, image])),
    composition,
    contract,
    note,
    tags,
  }
}

/** The rows below a release's title, for the eye. */
export function releaseText(release: Release): string {
  const rows: [string, string][] = [["commit", release.commit]]
  if (release.index) rows.push(["release", release.index.digest])
  if (release.failureReason) rows.push(["reason", release.failureReason])
  if (release.note !== null) rows.push(["note", release.note])
  for (const [key, value] of Object.entries(release.tags)) rows.push(["tag", `${key}=${value}`])
  for (const { name, digest } of release.services) rows.push(["service", `${name} ${digest}`])
  return printTable(rows.map(([label, value]) => [`  ${label}`, value]))
}

function isDraft(release: ReleaseSummary): boolean {
  return release.status === "success" && !isFinal(release)
}

/** A release's state in words: its status, and what sets it apart. */
export function printState(release: ReleaseSummary): string {
  if (isDraft(release)) return release.isInvalidated ? "draft, invalidated" : "draft"
  return release.isInvalidated ? `${release.status}, invalidated` : release.status
}
