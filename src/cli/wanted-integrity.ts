import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { findChecksum } from "../operations/checksum-file.ts"
import type { IntegrityOptions } from "./options.ts"
import { argument } from "./usage-error.ts"

/** What a bundle must be by the command line and the checksum file that it names; each has to fit. */
export async function wantedIntegrity(
  bundle: string,
  { integrity, checksumFile }: IntegrityOptions,
): Promise<string[]> {
  if (integrity !== undefined) argument(() => new ExpectedIntegrity(integrity))
  const listed = checksumFile === undefined ? undefined : await findChecksum(checksumFile, bundle)
  return [integrity, listed].filter((wanted) => wanted !== undefined)
}

/** The same as programs read it, where something is wanted. */
export function integrityJson(wanted: readonly string[]): { integrity?: string } {
  return wanted.length === 0 ? {} : { integrity: wanted.join(" ") }
}
