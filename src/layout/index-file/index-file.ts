import { open } from "node:fs/promises"
import { join } from "node:path"
import { z } from "zod"
import { hasCode } from "../../errors/system-error.ts"
import { type Descriptor, descriptorSchema } from "../../oci/descriptor.ts"
import { INDEX_FILE, REF_NAME } from "../../oci/image-layout.ts"
import { parseJson } from "../../oci/json.ts"
import { LayoutError } from "../layout-error.ts"

/** In bytes. The 4 MiB of manifests do not count here: no registry ever sees this file. */
const MAX_INDEX_SIZE = 64 * 1024 * 1024

/** Fields that Waybill does not know are kept when it writes the file again. */
const indexFileSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(descriptorSchema.loose()),
})

/** The `index.json` of an image layout (image-spec 1.1, image-layout.md). */
export type IndexFile = z.output<typeof indexFileSchema>

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

export function refName(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME]
}
