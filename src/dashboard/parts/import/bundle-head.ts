import { ArchiveEntries, type ArchiveEntry } from "./archive-entries.ts"
import { BundleImages } from "./bundle-images.ts"
import { type Descriptor, descriptorOf, isRecord, recordsOf, textOf } from "./bundle-json.ts"
import { RefusedBundle } from "./refused-bundle.ts"

export interface BundleService {
  name: string
  /** As `linux/arm64`; none where nobody says. */
  platforms: readonly string[]
  /** Of its image for all platforms, in bytes, layers that others share included. */
  size: number
}

/** What a bundle says of itself. That it is true is checked by the server, when it is sent. */
export interface BundleHead {
  file: File
  /** All that stands before the first blob that is no document: what the server needs to know the rest. */
  bytes: Blob
  /** The release digest. */
  digest: string
  version: string
  commit: string
  createdAt: string
  note: string | undefined
  isDraft: boolean
  services: readonly BundleService[]
}

const RELEASE_TYPE = "application/vnd.waybill.release.v1+json"

/** As docs/bundle-format.md, Limits: of one document, and of all. */
const MAX_DOCUMENT = 4 << 20
const MAX_HEAD = 64 << 20

/** Reads the beginning of a bundle, and nothing of its layers. Throws `RefusedBundle`. */
export async function readBundleHead(file: File): Promise<BundleHead> {
  if (file.size === 0) throw new RefusedBundle("the file is empty")
  const entries = new ArchiveEntries(file)
  await expectEntry(entries, "oci-layout")
  const index = await readJson(entries, await expectEntry(entries, "index.json"))
  const [first] = recordsOf(index.manifests)
  if (first?.artifactType !== RELEASE_TYPE) {
    throw new RefusedBundle(
      "an image archive, but no release: expected a bundle of waybill release export",
      "index.json",
    )
  }
  const root = descriptorOf(first, "index.json")
  const images = new BundleImages(root)
  let manifest: Record<string, unknown> | undefined
  let entry = await entries.next()
  for (; entry !== undefined; entry = await entries.next()) {
    const document = images.documentAt(entry.name)
    if (document === undefined) break
    if (entry.offset > MAX_HEAD) throw new RefusedBundle("its manifests take more than 64 MiB", entry.name)
    const content = await readJson(entries, entry, document)
    if (document.mediaType === RELEASE_TYPE) manifest = content
    else images.add(document, content)
  }
  images.checkComplete(entry?.name)
  if (manifest === undefined) throw new RefusedBundle("it has no release.json")
  const headSize = entry?.headerOffset ?? file.size
  for (; entry !== undefined && images.isConfig(entry.name); entry = await entries.next()) {
    if (images.wantsConfig(entry.name)) images.addConfig(entry.name, await readJson(entries, entry))
  }
  const { annotations } = first
  return {
    file,
    bytes: file.slice(0, headSize),
    digest: root.digest,
    version: textOf(manifest.semver) ?? "",
    commit: textOf(manifest.commit) ?? "",
    createdAt: textOf(manifest.createdAt) ?? "",
    note: textOf(manifest.note),
    isDraft: isRecord(annotations) && annotations["io.waybill.release.draft"] === "true",
    services: images.services(),
  }
}

async function expectEntry(entries: ArchiveEntries, name: string): Promise<ArchiveEntry> {
  const entry = await entries.next()
  if (entry?.name === name) return entry
  throw new RefusedBundle(`no bundle: expected ${name} here`, entry?.name ?? "the end of the file")
}

async function readJson(
  entries: ArchiveEntries,
  { name, offset, size }: ArchiveEntry,
  expected?: Descriptor,
): Promise<Record<string, unknown>> {
  if (size > MAX_DOCUMENT) throw new RefusedBundle(`a document of ${size} bytes, more than 4 MiB`, name)
  if (expected !== undefined && expected.size !== size) {
    throw new RefusedBundle(`expected ${expected.size} bytes, found ${size}`, name)
  }
  const text = new TextDecoder().decode(await entries.read(offset, size))
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // Told of below, by the entry.
  }
  throw new RefusedBundle("expected a JSON object, found something else", name)
}
