import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { type Digest, digestOf } from "../../src/oci/digest.ts"
import type { Machine } from "./cli.ts"

/** What `release create`, `show` and `import` print as JSON, as far as tests look at it. */
export interface PrintedRelease {
  fleet: string
  version: string
  status: string
  failureReason: string | null
  revision: number | null
  isDraft: boolean
  commit: string
  /** The release digest. */
  release: Digest
  services: Record<string, { mediaType: string; digest: Digest; size: number }>
  composition: { services: Record<string, unknown> }
  note: string | null
  tags: Record<string, string>
  /** Of `import`. */
  wasThere?: boolean
  /** Of `list`. */
  isLatest?: boolean
}

/** The sample application with little in it, as `application/compose.yml` of a machine. */
export async function writeSample(machine: Machine, size = 1_000_000): Promise<string> {
  await makeSampleApplication(machine.path("application"), { size })
  return "application/compose.yml"
}

/** Creates a release of the sample application, of version 1.2.3. */
export async function createSample(
  machine: Machine,
  fleet: string,
  options: { size?: number; words?: string[] } = {},
): Promise<PrintedRelease> {
  const file = await writeSample(machine, options.size)
  const words = ["release", "create", fleet, "-f", file, "--version", "1.2.3", ...(options.words ?? [])]
  return machine.json<PrintedRelease>(words)
}

/** The digest in which a test compares files and pipes. */
export function sha256(bytes: Uint8Array): string {
  return digestOf(bytes)
}
