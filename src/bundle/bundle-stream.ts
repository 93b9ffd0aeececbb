import { ArchiveStream, type StreamedEntry } from "../archive/archive-stream.ts"
import { padding } from "../archive/header.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { bundleProblems, damagedBlob } from "./bundle-error.ts"
import type { BundlePlan } from "./bundle-plan.ts"
import { BundleScan, type ScannedEntry } from "./bundle-scan.ts"

/** Counted of what follows the end of a bundle, in bytes: a pipe could go on for ever. */
const MAX_REST = 1024 * 1024

/** A blob on its way through: `body` gives the bytes once, verified. What is left of it is read and verified after. */
export interface PassingBlob {
  descriptor: Descriptor
  body: AsyncGenerator<Uint8Array>
}

/**
 * A bundle that comes through a pipe. Opening reads all manifests; the blobs pass once, in order. Only when `blobs`
 * has come to its end has the whole bundle proved right.
 */
export class BundleStream {
  readonly plan: BundlePlan
  readonly #archive: ArchiveStream
  readonly #scan: BundleScan<ScannedEntry & StreamedEntry>

  private constructor(
    archive: ArchiveStream,
    scan: BundleScan<ScannedEntry & StreamedEntry>,
    plan: BundlePlan,
  ) {
    this.#archive = archive
    this.#scan = scan
    this.plan = plan
  }

  /** Reads up to the first layer. Throws `BundleError` naming the first entry that is wrong, or `ArchiveError`. */
  static async open(
    chunks: AsyncIterable<Uint8Array>,
    options: OperationOptions = {},
  ): Promise<BundleStream> {
    const archive = new ArchiveStream(chunks, "the bundle", options)
    let last: StreamedEntry | undefined
    const scan = new BundleScan<ScannedEntry & StreamedEntry>(async () => {
      const streamed = await archive.next()
      if (last !== undefined) checkPadding(last)
      last = streamed
      return streamed && Object.assign(streamed, { read: () => collect(streamed.body) })
    })
    return new BundleStream(archive, scan, await scan.head())
  }

  /** The blobs that are no manifests, in the order of the bundle; then checks the end of the bundle. */
  async *blobs(): AsyncGenerator<PassingBlob, void, undefined> {
    for await (const { entry, body, descriptor } of this.#scan.rest(this.plan)) {
      const chunks = verified(descriptor, body, `${entry.name} at offset ${entry.offset}`, {
        damaged: (found) => bundleProblems([damagedBlob(entry.name, entry.offset, descriptor.digest, found)]),
      })
      yield { descriptor, body: unended(chunks) }
      while (!(await chunks.next()).done);
    }
    await this.#scan.end()
    const rest = await this.#archive.rest(MAX_REST)
    if (rest === 0) return
    throw bundleProblems([
      {
        code: "BUNDLE_TRAILING_DATA",
        entry: "the bundle",
        offset: this.plan.size,
        expected: "the end of the bundle",
        found: `${rest < MAX_REST ? rest : `at least ${MAX_REST}`} more bytes`,
      },
    ])
  }
}

/** Passes chunks on; who stops in the middle does not end the source, which is still to be verified to its end. */
async function* unended(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

function checkPadding({ entry, paddingIsZero }: StreamedEntry): void {
  if (paddingIsZero) return
  const offset = entry.offset + entry.size
  throw bundleProblems([
    {
      code: "BUNDLE_DAMAGED",
      entry: entry.name,
      offset,
      expected: `${padding(entry.size)} zeros behind the content`,
      found: "other bytes",
    },
  ])
}
