import { open, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { Bundle } from "../../src/bundle/bundle.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { HashPool } from "../../src/bundle/hash-pool.ts"
import { FileBytes } from "../../src/content/file-bytes.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A regular file that answers EIO, as a bad sector does, wherever its process has no memory. */
const UNREADABLE = "/proc/self/mem"
const HINT = "look whether its disk is still there and sound, or get the file again on another one"

test("what a disk does not give of an archive is told with the file, the byte and the entry", async () => {
  const archive = await ArchiveFile.open(UNREADABLE)
  onTestFinished(() => archive.close())
  await expect(Array.fromAsync(archive.read(4096, 10, { entry: "layer.tar" }))).rejects.toMatchObject({
    code: "READ_FAILED",
    message: `${UNREADABLE} cannot be read at byte 4096, in "layer.tar": the disk does not do what it is asked`,
    hint: HINT,
    offset: 4096,
    entry: "layer.tar",
  })
  for (const read of [archive.zeros()(0, 10), archive.entries().next()]) {
    await expect(read).rejects.toMatchObject({
      code: "READ_FAILED",
      message: `${UNREADABLE} cannot be read at byte 0: the disk does not do what it is asked`,
    })
  }
})

test.each([
  ["here", 10],
  ["on a thread", 5_000_000],
])("a hash that is made %s says at which byte the disk gave nothing", async (_, size) => {
  const file = await open(UNREADABLE)
  const pool = new HashPool(file.fd)
  onTestFinished(async () => {
    await pool.close()
    await file.close()
  })
  const hash = pool.start("sha256", size)
  hash.update(4096, size)
  const whole = pool.hash("sha256", { offset: 8192, length: size })
  expect(await Promise.allSettled([hash.digest(), whole])).toMatchObject([
    { reason: { code: "EIO", offset: 4096, message: "EIO: i/o error, read" } },
    { reason: { code: "EIO", offset: 8192 } },
  ])
})

test("a layer that the disk does not give is told with the bundle, the byte and the entry", async () => {
  const source = new MemoryContent()
  const path = join(await temporaryFolder(), "release.tar")
  await writeBundleFile(source, await planBundle(source, (await putRelease(source)).descriptor), path)
  const bundle = await Bundle.open(path)
  const layer = bundle.plan.graph.layers.find(({ size }) => size === 5000)
  const { name, offset } = bundle.plan.files.find(({ digest }) => digest === layer?.digest) ?? {}
  if (layer === undefined) throw new Error("the release has no layer")
  const { archive } = bundle
  await archive.close()
  Object.assign(archive, { bytes: new FileBytes(await open(UNREADABLE), archive.size) })
  onTestFinished(() => bundle.close())
  const failure = {
    code: "READ_FAILED",
    message: expect.stringMatching(
      `${path} cannot be read at byte ${offset}, in "${name}": the disk does not`,
    ),
    hint: HINT,
  }
  await expect(bundle.findDamage(layer)).rejects.toMatchObject(failure)
  await expect(Array.fromAsync(bundle.fetch(layer))).rejects.toMatchObject(failure)
})

test("a file that ends early is no failure of its disk", async () => {
  const path = join(await temporaryFolder(), "short")
  await writeFile(path, "short")
  const archive = await ArchiveFile.open(path)
  onTestFinished(() => archive.close())
  await expect(Array.fromAsync(archive.read(0, 10))).rejects.toMatchObject({ code: "TRUNCATED" })
})
