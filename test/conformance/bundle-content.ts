import { execFile } from "node:child_process"
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import type { ReadOnlyContent } from "./switches.ts"

interface Entry {
  mediaType: string
  digest: string
  annotations?: Record<string, string>
}

interface Document {
  manifests?: Entry[]
  config?: Entry
  layers?: Entry[]
}

/**
 * What a bundle has to be found to hold when it is served, a repository for each name in its `index.json`: read
 * from its files as tar unpacks them, without the code that is under test.
 */
export async function contentOf(bundle: string, folder: string): Promise<ReadOnlyContent[]> {
  await mkdir(folder, { recursive: true })
  await promisify(execFile)("tar", ["-xf", bundle, "-C", folder])
  const read = async (path: string) => JSON.parse(await readFile(join(folder, path), "utf8")) as Document
  const { manifests: entries = [] } = await read("index.json")
  const version = entries[0]?.annotations?.["org.opencontainers.image.ref.name"] ?? ""
  return Promise.all(
    entries.map(async (entry) => {
      const name = entry.annotations?.["org.opencontainers.image.ref.name"] ?? ""
      const manifests = new Set<string>()
      const blobs = new Set<string>()
      const walk = async ({ digest }: Entry) => {
        manifests.add(digest)
        const document = await read(join("blobs", digest.replace(":", "/")))
        for (const child of document.manifests ?? []) await walk(child)
        for (const blob of [document.config, ...(document.layers ?? [])]) if (blob) blobs.add(blob.digest)
      }
      await walk(entry)
      const repository = name === version ? "release" : name
      return { repository, tags: [version], manifests: [...manifests], blobs: [...blobs] }
    }),
  )
}
