import { open } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { hasCode } from "../errors/system-error.ts"
import { type Descriptor, descriptorSchema } from "../oci/descriptor.ts"
import { INDEX_FILE, REF_NAME } from "../oci/image-layout.ts"
import { canonicalJson, parseJson } from "../oci/json.ts"
import { LayoutError } from "./layout-error.ts"

/** In bytes, for some 200,000 tags. The 4 MiB of manifests do not count here: no registry ever sees this file. */
const MAX_INDEX_SIZE = 64 * 1024 * 1024

/** Fields that Waybill does not know are kept when it writes the file again. */
const indexFileSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(descriptorSchema.loose()),
})

/** The `index.json` of an image layout (image-spec 1.1, image-layout.md). */
export type IndexFile = z.output<typeof indexFileSchema>

export const EMPTY_INDEX: IndexFile = { schemaVersion: 2, manifests: [] }

/** Reads the `index.json` of a layout. Throws `NOT_A_LAYOUT` where it is missing and `INVALID_DOCUMENT`. */
export async function readIndexFile(root: string): Promise<IndexFile> {
  const path = join(root, INDEX_FILE)
  return parseJson(await readSmallFile(path, MAX_INDEX_SIZE), path, indexFileSchema, MAX_INDEX_SIZE)
}

/** Reads a file of a layout whole. Throws `NOT_A_LAYOUT` where it is missing or larger than `limit` bytes. */
export async function readSmallFile(path: string, limit: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r")
    const { size } = await file.stat()
    if (size > limit) {
      throw new LayoutError("NOT_A_LAYOUT", `${path} has ${size} bytes; at most ${limit} are read`)
    }
    return await file.readFile()
  } catch (error) {
    if (!hasCode(error, "ENOENT") && !hasCode(error, "ENOTDIR")) throw error
    throw new LayoutError("NOT_A_LAYOUT", `${path} is missing: the folder is not an OCI image layout`, {
      cause: error,
      hint: "name the folder that holds oci-layout, index.json and blobs",
    })
  }
}

/** The bytes of an `index.json`. Throws `NO_SPACE` for one that would be too large to be read again. */
export function printIndexFile(root: string, index: IndexFile): Uint8Array {
  const bytes = canonicalJson(index)
  if (bytes.length <= MAX_INDEX_SIZE) return bytes
  throw new LayoutError(
    "NO_SPACE",
    `${join(root, INDEX_FILE)} would have more than ${MAX_INDEX_SIZE} bytes`,
    {
      hint: "the store has too many tags: use a second one, or a registry",
    },
  )
}

export function refName(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME]
}

/**
 * Gives names to manifests: an entry of the same name gives way, wherever it points, and keeps its place.
 * Returns `undefined` where nothing changes.
 */
export function withNames(index: IndexFile, names: ReadonlyMap<string, Descriptor>): IndexFile | undefined {
  const left = new Map(names)
  let changed = false
  const manifests: IndexFile["manifests"] = []
  for (const entry of index.manifests) {
    const name = refName(entry)
    const wanted = name === undefined ? undefined : names.get(name)
    if (name === undefined || wanted === undefined) {
      manifests.push(entry)
    } else if (left.delete(name)) {
      const isSame = entry.digest === wanted.digest && entry.mediaType === wanted.mediaType
      manifests.push(isSame ? entry : namedEntry(wanted, name))
      changed ||= !isSame
    } else {
      // A second entry of one name would leave open which of them is meant.
      changed = true
    }
  }
  for (const [name, descriptor] of left) manifests.push(namedEntry(descriptor, name))
  return changed || left.size > 0 ? { ...index, manifests } : undefined
}

/** Takes names away. Returns `undefined` where nothing changes. */
export function withoutNames(
  index: IndexFile,
  isGone: (name: string, entry: Descriptor) => boolean,
): IndexFile | undefined {
  const manifests = index.manifests.filter((entry) => {
    const name = refName(entry)
    return name === undefined || !isGone(name, entry)
  })
  return manifests.length < index.manifests.length ? { ...index, manifests } : undefined
}

function namedEntry(descriptor: Descriptor, name: string): IndexFile["manifests"][number] {
  const { mediaType, digest, size } = descriptor
  return { mediaType, digest, size, annotations: { [REF_NAME]: name } }
}
