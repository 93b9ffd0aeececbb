import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  writeFile,
} from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import type { ContentFetcher } from "../../src/content/interfaces.ts"
import { findOutput } from "../../src/operations/output-file.ts"
import { verifyBundleFile } from "../../src/operations/verify-bundle.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const EXPORT = fileURLToPath(new URL("../support/export-process.ts", import.meta.url))
const ID = "0b7c1a52-93a4-4f6e-9f21-6a1f0c3f7a11"
const STRANGER = 12_345
const own = process.geteuid?.() ?? 0

const source = new MemoryContent()
const { descriptor } = await putRelease(source)

async function exportTo(path: string, from: ContentFetcher = source) {
  await writeBundleFile(from, await planBundle(from, descriptor), path)
}

/** An export in another process that stands still in its middle, until it is let go on or killed. */
async function stalledExport(path: string, ...prefix: string[]) {
  const [command = "", ...words] = [...prefix, process.execPath, EXPORT, path, "stalled"]
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] })
  const ended = once(child, "exit")
  onTestFinished(async () => {
    child.kill("SIGKILL")
    await ended
  })
  await once(child.stdout, "data")
  return {
    async goOn() {
      child.stdin.end()
      expect(await ended).toEqual([0, null])
    },
    async kill() {
      child.kill("SIGKILL")
      await ended
    },
  }
}

const partials = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith(".partial"))

describe("what lies beside a bundle that is being written", () => {
  const container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]

  test.each([
    ["another process", []],
    ["two containers that both have process 1", container],
  ])("is left alone while its writer lives, in %s", async (_, prefix) => {
    const folder = await temporaryFolder()
    const path = join(folder, "release.tar")
    const one = await stalledExport(path, ...prefix)
    const other = await stalledExport(path, ...prefix)
    expect(await partials(folder)).toHaveLength(2)
    await exportTo(path)
    expect(await partials(folder)).toHaveLength(2)
    for (const writer of [one, other]) {
      await writer.goOn()
      await verifyBundleFile(path)
    }
    expect(await readdir(folder)).toEqual(["release.tar"])
  })

  test("is removed by the next export when its writer was killed", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, "release.tar")
    await (await stalledExport(path)).kill()
    expect(await partials(folder)).toHaveLength(1)
    await exportTo(path)
    expect(await readdir(folder)).toEqual(["release.tar"])
  })

  test("has a name that nobody can guess, and is no link", async () => {
    const folder = await temporaryFolder()
    const names = new Set<string>()
    const seen: ContentFetcher = {
      async *fetch(...args) {
        for (const name of await partials(folder)) {
          names.add(name)
          expect((await lstat(join(folder, name))).isFile()).toBe(true)
        }
        yield* source.fetch(...args)
      },
    }
    for (let round = 0; round < 2; round++) await exportTo(join(folder, "release.tar"), seen)
    expect(names.size).toBe(2)
    for (const name of names) expect(name).toMatch(/^\.release\.tar\.[0-9a-f]{8}-[0-9a-f-]{27}\.partial$/)
  })

  test("can have been put there by somebody, and neither stops an export nor is written through", async () => {
    const folder = await temporaryFolder()
    const precious = join(folder, "precious")
    await writeFile(precious, "kept")
    const planted = [
      `.release.tar.${process.pid}-1.partial`,
      `.release.tar.${ID}.partial`,
      `.release.tar.${ID}.lock`,
    ]
    for (const name of planted) await symlink(precious, join(folder, name))
    await mkdir(join(folder, `.release.tar.${ID.replace("0b", "1b")}.lock`))
    const before = await readdir(folder)
    await exportTo(join(folder, "release.tar"))
    await verifyBundleFile(join(folder, "release.tar"))
    expect(await readFile(precious, "utf8")).toBe("kept")
    expect((await readdir(folder)).sort()).toEqual([...before, "release.tar"].sort())
  })

  test("may be of a name of 255 bytes", async () => {
    const folder = await temporaryFolder()
    const name = `${"é".repeat(125)}.tar`
    await exportTo(join(folder, name))
    expect(await readdir(folder)).toEqual([name])
  })
})

describe("what -o names", () => {
  /** A link, pipe or folder that belongs to somebody else, or one's own that is looked at as somebody else. */
  async function plant(path: string): Promise<number> {
    if (own !== 0) return own + 1
    await lchown(path, STRANGER, STRANGER)
    return own
  }

  async function set() {
    const folder = await temporaryFolder()
    const path = (name: string) => join(folder, name)
    await writeFile(path("precious"), "kept")
    return path
  }

  test("is not written through a link of another user, whatever it leads to", async () => {
    for (const target of ["precious", "nothing", "inner", "/dev/null"]) {
      const path = await set()
      await symlink("precious", path("inner"))
      await symlink(target, path("release.tar"))
      const user = await plant(path("release.tar"))
      await expect(findOutput(path("release.tar"), user)).rejects.toMatchObject({
        code: "INVALID_OUTPUT",
        message: `${path("release.tar")} is a symbolic link of another user`,
        hint: expect.stringContaining("name another file"),
      })
      expect(await readlink(path("release.tar"))).toBe(target)
    }
  })

  test("is written through one's own link, but not through a stranger's behind it", async () => {
    const path = await set()
    await symlink("precious", path("inner"))
    await symlink("inner", path("release.tar"))
    expect(await findOutput(path("release.tar"), own)).toEqual({ file: path("precious") })
    if (own === 0) {
      await lchown(path("inner"), STRANGER, STRANGER)
      await expect(findOutput(path("release.tar"), own)).rejects.toMatchObject({
        code: "INVALID_OUTPUT",
        message: `${path("release.tar")} leads to ${path("inner")}, which is a symbolic link of another user`,
      })
    }
  })

  test("is made where one's own link leads, when nothing is there yet", async () => {
    const path = await set()
    await symlink("new.tar", path("release.tar"))
    expect(await findOutput(path("release.tar"), own)).toEqual({ file: path("new.tar") })
  })

  test("is refused when its links lead in a circle", async () => {
    const path = await set()
    await symlink("b.tar", path("a.tar"))
    await symlink("a.tar", path("b.tar"))
    await expect(findOutput(path("a.tar"), own)).rejects.toMatchObject({
      code: "INVALID_OUTPUT",
      message: `the symbolic links of ${path("a.tar")} lead nowhere`,
    })
  })

  test("is refused before anything is fetched where it is another user's in a folder that all share", async () => {
    const path = await set()
    const file = path("precious")
    await chmod(dirname(file), 0o1777)
    const stranger = STRANGER
    await expect(findOutput(file, stranger)).rejects.toMatchObject({
      code: "INVALID_OUTPUT",
      message: `${file} belongs to another user, who alone may replace it there`,
      hint: expect.stringContaining("name another file"),
    })
    expect(await findOutput(file, own)).toEqual({ file })
    expect(await findOutput(path("new.tar"), stranger)).toEqual({ file: path("new.tar") })
    await chmod(dirname(file), 0o777)
    expect(await findOutput(file, stranger)).toEqual({ file })
  })

  test("may be a device of the system, and no pipe of another user", async () => {
    const path = await set()
    expect(await findOutput("/dev/null", own)).toEqual({ stream: "/dev/null" })
    const made = spawn("sh", ["-c", 'mkfifo "$0"', path("release.tar")])
    expect(await once(made, "exit")).toEqual([0, null])
    expect(await findOutput(path("release.tar"), own)).toEqual({ stream: path("release.tar") })
    const user = await plant(path("release.tar"))
    await expect(findOutput(path("release.tar"), user)).rejects.toMatchObject({
      code: "INVALID_OUTPUT",
      message: `${path("release.tar")} is a pipe or a device of another user`,
    })
  })
})
