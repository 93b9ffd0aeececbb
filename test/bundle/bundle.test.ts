import { execFile } from "node:child_process"
import { renameSync } from "node:fs"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Bundle } from "../../src/bundle/bundle.ts"
import { type BundlePlan, planBundle } from "../../src/bundle/bundle-plan.ts"
import { BundleStream } from "../../src/bundle/bundle-stream.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { collect } from "../../src/content/read-document.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { verifyBundleFile, verifyBundleStream } from "../../src/operations/verify-bundle.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

async function exported() {
  const source = new MemoryContent()
  const release = await putRelease(source)
  const plan = await planBundle(source, release.descriptor)
  const path = join(await temporaryFolder(), "release.tar")
  await writeBundleFile(source, plan, path)
  return { source, release, plan, path, bytes: await readFile(path) }
}

/** The names of all entries that opening a bundle does not read. */
function layersAndConfigs({ files }: BundlePlan): string[] {
  return files.flatMap(({ name, content }) => (content instanceof Uint8Array ? [] : [name]))
}

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe("a bundle of a release", () => {
  test("has the same bytes in a file at any concurrency and through a pipe", async () => {
    const { source, plan, path, bytes } = await exported()
    for (const concurrency of [1, 8]) {
      await writeBundleFile(source, plan, path, { concurrency })
      expect(digestOf(await readFile(path))).toBe(digestOf(bytes))
    }
    expect(digestOf(await collect(bundleBytes(source, plan, { concurrency: 1 })))).toBe(digestOf(bytes))
    expect(digestOf(await collect(bundleBytes(source, plan)))).toBe(digestOf(bytes))
    expect(bytes.length).toBe(plan.size)
  })

  test("is not there when the disk is full, and the error says where that was", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, "release.tar")
    const script = fileURLToPath(new URL("../support/export-process.ts", import.meta.url))
    // The limit of a process stands in for that of a disk.
    const limited = ["-c", 'ulimit -f 20 && exec "$0" "$@"', process.execPath, script, path]
    const { stdout } = await promisify(execFile)("sh", limited)
    expect(JSON.parse(stdout)).toMatchObject({
      code: "NOT_ENOUGH_SPACE",
      message: expect.stringContaining(`cannot write ${path}`),
    })
    expect(await readdir(folder)).toEqual([])
  })

  test("verifies from a file and from a pipe in chunks of any size", async () => {
    const { release, path, bytes } = await exported()
    expect((await verifyBundleFile(path)).release).toEqual(release.descriptor)
    for (const size of [1, 511, 512, 4096, bytes.length]) {
      const plan = await verifyBundleStream(chunksOf(bytes, size))
      expect(plan.release.digest).toBe(release.descriptor.digest)
    }
  })

  test("is not verified any further after an abort, whenever it comes", async () => {
    const { path } = await exported()
    for (const type of ["planned", "advanced", "finished"]) {
      const stop = new AbortController()
      const onTransfer = (event: TransferEvent) => event.type === type && stop.abort(new Error("enough"))
      await expect(verifyBundleFile(path, { signal: stop.signal, onTransfer })).rejects.toThrow("enough")
    }
  })

  test("is verified as the file that was opened, whatever gets its name meanwhile", async () => {
    const { path, bytes, plan } = await exported()
    const other = Buffer.alloc(bytes.length)
    await writeFile(`${path}.other`, other)
    const verified: string[] = []
    const onTransfer = (event: TransferEvent) => {
      if (event.type === "planned") renameSync(`${path}.other`, path)
      if (event.type === "finished") verified.push(blobPath(event.descriptor.digest))
    }
    expect((await verifyBundleFile(path, { onTransfer })).files).toEqual(plan.files)
    expect(verified.sort()).toEqual(layersAndConfigs(plan).sort())
    // It had been renamed by then: what was verified is no longer there.
    expect(await readFile(path)).toEqual(other)
    await expect(verifyBundleFile(path)).rejects.toMatchObject({ code: "BUNDLE_ENTRY_MISSING" })
  })

  test("is a content source from which the same bundle can be written again", async () => {
    const { release, path, bytes } = await exported()
    const bundle = await Bundle.open(path)
    expect((await bundle.resolve("web")).digest).toBe(
      release.services.find(({ service }) => service === "web")?.image.digest,
    )
    const again = await planBundle(bundle, await bundle.resolve("1.2.3"))
    expect(digestOf(await collect(bundleBytes(bundle, again)))).toBe(digestOf(bytes))
    await bundle.close()
  })

  test("is verified whole from a pipe, also where its reader looks at the beginning of each blob alone", async () => {
    const { plan, bytes } = await exported()
    const layer = plan.files.at(-1)
    const damaged = Buffer.from(bytes)
    const last = (layer?.offset ?? 0) + (layer?.size ?? 0) - 1
    damaged[last] = (damaged[last] ?? 0) ^ 1
    const stream = await BundleStream.open(chunksOf(damaged, 512))
    const reading = async () => {
      for await (const { body } of stream.blobs()) for await (const _ of body) break
    }
    await expect(reading()).rejects.toMatchObject({
      code: "BUNDLE_DAMAGED",
      message: expect.stringMatching(`^${layer?.name} at offset ${layer?.offset}: expected sha512:`),
    })
  })

  test("that never ends is refused where it should have ended", async () => {
    const { bytes } = await exported()
    async function* endless() {
      yield bytes
      while (true) yield new Uint8Array(100_000)
    }
    await expect(verifyBundleStream(endless())).rejects.toMatchObject({
      code: "BUNDLE_TRAILING_DATA",
      message: expect.stringContaining("at least 1048576 more bytes"),
    })
  })

  test("with any byte flipped is refused, by file and by pipe", async () => {
    const { path, bytes } = await exported()
    const damaged = `${path}.damaged`
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const copy = Buffer.from(bytes)
        copy[at] = (copy[at] ?? 0) ^ mask
        await writeFile(damaged, copy)
        await expect(verifyBundleFile(damaged)).rejects.toBeInstanceOf(WaybillError)
        await expect(verifyBundleStream(chunksOf(copy, 4096))).rejects.toBeInstanceOf(WaybillError)
      }),
      { numRuns: 300 },
    )
  })

  test("cut off at any byte is refused, by file and by pipe", async () => {
    const { path, bytes } = await exported()
    const cut = `${path}.cut`
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        const copy = bytes.subarray(0, length)
        await writeFile(cut, copy)
        await expect(verifyBundleFile(cut)).rejects.toBeInstanceOf(WaybillError)
        await expect(verifyBundleStream(chunksOf(copy, 4096))).rejects.toBeInstanceOf(WaybillError)
      }),
      { numRuns: 200 },
    )
  })
})
