import { abortable } from "../content/abortable.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { bodyOf, collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { parseManifest } from "../oci/manifest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import type { StoreFiles } from "./store-files.ts"

/** In milliseconds: how often a push that goes on says so to whoever collects garbage. */
const TOUCH_STEP = 60_000

/** What is too large for a manifest is kept as a blob. */
export function isDocument({ mediaType, size }: Descriptor): boolean {
  return isManifestMediaType(mediaType) && size <= MAX_DOCUMENT_SIZE
}

/** Writes content into the store and gives it to a repository, once its bytes have proved right. */
export async function takeIn(
  store: StoreFiles,
  repository: string,
  descriptor: Descriptor,
  body: AsyncIterable<Uint8Array>,
  options: OperationOptions,
): Promise<void> {
  const { blobs, catalog, ingest, leases, now } = store
  const { digest, mediaType } = descriptor
  const touched = touching(store, repository, abortable(body, options.signal))
  const checked = verified(descriptor, touched, "the content sent to the store")
  // A manifest is read before it is written: it says what it needs.
  const bytes = isDocument(descriptor) ? await collect(checked) : undefined
  const manifest = bytes && parseManifest(bytes, mediaType, digest)
  await ingest.write(blobs.path(digest), bytes ? bodyOf(bytes)(0) : checked, (move) =>
    catalog.transaction(() => {
      leases.refuseRemoved(repository)
      move()
      catalog.damaged.remove(digest)
      if (manifest) catalog.content.addManifest(repository, descriptor, manifest, now())
      else catalog.content.addBlob(repository, digest, now())
    }, options),
  )
}

/** A large blob may take longer than what came before it is kept for. */
async function* touching(
  { catalog, now }: StoreFiles,
  repository: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let touched = now()
  for await (const chunk of chunks) {
    if (now() - touched >= TOUCH_STEP) {
      touched = now()
      await catalog.note(() => catalog.content.touch(repository, touched))
    }
    yield chunk
  }
}
