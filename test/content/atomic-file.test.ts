import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { replaceFile } from "../../src/content/atomic-file.ts"
import { killedAt, momentsOf } from "../support/kills/moments.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const PROGRAM = fileURLToPath(new URL("replace-file.ts", import.meta.url))

async function before(): Promise<{ folder: string; path: string }> {
  const folder = await temporaryFolder()
  const path = join(folder, "file")
  await writeFile(path, "before", { mode: 0o644 })
  return { folder, path }
}

/** Replaces a file in a process, and gives what it holds then. */
async function replaced(env: Record<string, string>): Promise<string> {
  const { path } = await before()
  const child = spawn(process.execPath, [PROGRAM, path], { env: { ...process.env, ...env } })
  await once(child, "close")
  return readFile(path, "utf8")
}

test("a file is on the disk before it has its name, and its name is before the work is done", async () => {
  const moments = await momentsOf(replaced)
  expect(moments.filter((moment) => /sync|rename/.test(moment))).toEqual([
    "before sync 1",
    "before rename 1",
    "before sync 2",
  ])
  for (const moment of moments) {
    const isMoved = moments.indexOf(moment) > moments.indexOf("before rename 1")
    expect(await replaced(killedAt(moment)), moment).toBe(isMoved ? "after" : "before")
  }
})

test("a file that is replaced is for its user alone", async () => {
  const { folder, path } = await before()
  await replaceFile(path, join(folder, "new"), (file) => file.writeFile("after"))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(["file"])
})

test.each([
  ["is written", (path: string) => replaceFile(path, `${path}.new`, () => Promise.reject(new Error("no")))],
  [
    "is moved",
    (path: string) =>
      replaceFile(
        path,
        `${path}.new`,
        (file) => file.writeFile("after"),
        () => Promise.reject(new Error("no")),
      ),
  ],
])("a failure while it %s leaves the file as it was, and nothing beside it", async (_, replace) => {
  const { folder, path } = await before()
  await expect(replace(path)).rejects.toThrow("no")
  expect(await readFile(path, "utf8")).toBe("before")
  expect(await readdir(folder)).toEqual(["file"])
})
