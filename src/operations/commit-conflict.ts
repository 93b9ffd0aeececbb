import { isDeepStrictEqual } from "node:util"
import type { ReleaseManifest } from "../bundle/release-manifest.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import { printVersion } from "../fleet/version.ts"
import type { Digest } from "../oci/digest.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/** What is to be created, beside a release of the same commit. */
interface Conflicting {
  manifest: ReleaseManifest
  release: Digest
}

/** `COMMIT_CONFLICT`: a fleet has the commit with other content. Says in what they differ. */
export function commitConflict(known: SuccessfulRelease, wanted: Conflicting): FleetError {
  const parts = differences(known, wanted.manifest)
  const differ = parts.length === 0 ? "" : `; they differ in ${parts.join(", ")}`
  return new FleetError(
    "COMMIT_CONFLICT",
    `${known.fleet} has commit ${known.commit} with other content: ${known.index.digest} there, ${wanted.release} now${differ}`,
    { hint: "one commit is one release: commit what has changed, or give what it was created with before" },
  )
}

function differences(known: SuccessfulRelease, manifest: ReleaseManifest): string[] {
  const version = printVersion({ ...known.version, variant: "" })
  const images = new Map<string, string | undefined>(known.services.map(({ name, digest }) => [name, digest]))
  const services = new Set([...images.keys(), ...Object.keys(manifest.services)])
  return [
    version === manifest.semver ? [] : `the version (${version} there, ${manifest.semver} now)`,
    known.version.variant === (manifest.variant ?? "") ? [] : "the variant",
    known.note === (manifest.note ?? null) ? [] : "the note",
    isDeepStrictEqual({ ...known.tags }, { ...manifest.tags }) ? [] : "the tags",
    isDeepStrictEqual(known.composition, manifest.composition) ? [] : "the composition",
    [...services]
      .filter((name) => images.get(name) !== manifest.services[name]?.image)
      .map((name) => `the image of ${name}`),
  ].flat()
}
