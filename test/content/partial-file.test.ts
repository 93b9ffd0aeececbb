import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { PartialFile } from "../../src/content/partial-file.ts"
import { ProcessLock } from "../../src/content/process-lock.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const ID = "0b7c1a52-93a4-4f6e-9f21-6a1f0c3f7a11"

test("what a killed writer left is removed, and what a living one has is not", async () => {
  const folder = await temporaryFolder()
  const path = join(folder, "release.tar")
  const lock = join(folder, `.release.tar.${ID}.lock`)
  const partial = join(folder, `.release.tar.${ID}.partial`)
  await writeFile(partial, "half")
  {
    using _ = ProcessLock.tryTake(lock)
    await using _file = await PartialFile.begin(path)
  }
  expect((await readdir(folder)).sort()).toEqual([lock, partial].map((name) => name.slice(folder.length + 1)))
  await using _ = await PartialFile.begin(path)
  expect(await readdir(folder)).not.toContain(`.release.tar.${ID}.partial`)
  expect(await readdir(folder)).not.toContain(`.release.tar.${ID}.lock`)
})

test("nothing stays where the file cannot be closed, as where its disk is gone", async () => {
  const folder = await temporaryFolder()
  const partial = await PartialFile.begin(join(folder, "release.tar"))
  const close = partial.handle.close.bind(partial.handle)
  partial.handle.close = async () => {
    await close()
    throw new Error("EIO: i/o error, close")
  }
  await expect(partial[Symbol.asyncDispose]()).rejects.toThrow("EIO")
  expect(await readdir(folder)).toEqual([])
})
