import { chmod, chown, link, lstat, mkdir, readdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const at = { now: new Date("2026-02-03T04:05:06Z"), actor: "tester" }
const STRANGER = 54_321

let folder: string
let path: string

beforeEach(async () => {
  folder = await temporaryFolder()
  path = join(folder, "home")
})

/** Opens the home, closes it, and gives what was said about it. */
async function openAndClose(): Promise<string[]> {
  const notices: string[] = []
  const home = await openHome({
    path,
    clock: systemClock,
    actor: "tester",
    onNotice: (text) => notices.push(text),
  })
  await home.close()
  return notices
}

const modeOf = async (...names: string[]) => (await lstat(join(folder, ...names))).mode & 0o7777

/** What is open to others, of a folder and all below it. */
async function openToOthers(): Promise<string[]> {
  const names = ["home", ...(await readdir(path, { recursive: true })).map((name) => join("home", name))]
  const modes = await Promise.all(names.map(async (name) => [name, await modeOf(name)] as const))
  return modes.flatMap(([name, mode]) => ((mode & 0o077) !== 0 ? [name] : [])).sort()
}

/** A home as Waybill made it when it left modes to the umask: open to all. */
async function oldHome(mode = 0o755): Promise<void> {
  await openAndClose()
  await mkdir(join(path, "store", "blobs", "sha256"), { recursive: true })
  const files = [
    "waybill.db-wal",
    "contexts.json",
    "store/index.json",
    "store/catalog.sqlite",
    "store/blobs/sha256/abc",
  ]
  for (const name of files) await writeFile(join(path, name), "")
  for (const name of [...files, "waybill.db"]) await chmod(join(path, name), 0o644)
  for (const name of ["store/blobs/sha256", "store/blobs", "store", ""]) await chmod(join(path, name), mode)
}

describe("a home that was there", () => {
  test.each([0o755, 0o777, 0o750, 0o2775])(
    "with mode %o is closed to others with all in it, and that is said once",
    async (mode) => {
      await oldHome(mode)
      expect(await openAndClose()).toEqual([
        `other users could enter ${path} (mode ${mode.toString(8).padStart(4, "0")}): it is closed to them now (0700)`,
      ])
      expect(await openToOthers()).toEqual([])
      expect(await modeOf("home")).toBe(0o700)
      expect(await modeOf("home/waybill.db")).toBe(0o600)
      expect(await openAndClose()).toEqual([])
    },
  )

  test("closed to others, with files in it that are not, gets them closed as well", async () => {
    await oldHome()
    await chmod(path, 0o700)
    expect(await openAndClose()).toEqual([])
    expect(await openToOthers()).toEqual([])
  })

  test("empty and open to others is closed to them", async () => {
    await mkdir(path, { mode: 0o755 })
    expect(await openAndClose()).toHaveLength(1)
    expect(await openToOthers()).toEqual([])
  })

  test("is worked in as before", async () => {
    await oldHome()
    const home = await openHome({ path, clock: systemClock, actor: "tester" })
    await home.fleets.createFleet({ slug: "acme/edge" }, at)
    await home.close()
    expect(await modeOf("home/waybill.db")).toBe(0o600)
  })

  test("with a store behind a link of its user has that closed, and the link stays", async () => {
    await openAndClose()
    await mkdir(join(folder, "large-disk", "blobs"), { recursive: true, mode: 0o755 })
    await symlink(join(folder, "large-disk"), join(path, "store"))
    expect(await openAndClose()).toEqual([])
    expect(await modeOf("large-disk")).toBe(0o700)
    expect(await modeOf("large-disk/blobs")).toBe(0o700)
    expect((await lstat(join(path, "store"))).isSymbolicLink()).toBe(true)
  })

  test("does not have links in its store followed, nor files changed that have names elsewhere", async () => {
    await oldHome()
    await mkdir(join(folder, "elsewhere"), { mode: 0o755 })
    for (const name of ["file", "named-twice", "elsewhere/file"]) {
      await writeFile(join(folder, name), "")
      await chmod(join(folder, name), 0o644)
    }
    await symlink(join(folder, "elsewhere"), join(path, "store", "folder"))
    await symlink(join(folder, "file"), join(path, "store", "file"))
    await symlink(join(folder, "file"), join(path, "contexts.link"))
    await link(join(folder, "named-twice"), join(path, "store", "named-twice"))
    await openAndClose()
    for (const name of ["file", "named-twice", "elsewhere/file"]) expect(await modeOf(name)).toBe(0o644)
    expect(await modeOf("elsewhere")).toBe(0o755)
    expect(await modeOf("home/store/blobs/sha256/abc")).toBe(0o600)
  })

  test("is there behind a link of its user", async () => {
    await mkdir(join(folder, "real"), { mode: 0o755 })
    await symlink(join(folder, "real"), path)
    expect(await openAndClose()).toHaveLength(1)
    expect(await modeOf("real")).toBe(0o700)
  })
})

describe("a folder that is not Waybill's alone stays as it is, and that is said:", () => {
  test("one with other things in it; what is Waybill's there is private all the same", async () => {
    await mkdir(path, { mode: 0o755 })
    await writeFile(join(path, "notes"), "")
    await chmod(join(path, "notes"), 0o644)
    for (let time = 0; time < 2; time++) {
      expect(await openAndClose()).toEqual([
        `other users may enter ${path} (mode 0755), which holds more than Waybill's own and stays as it is: set WAYBILL_HOME to a folder of its own`,
      ])
      expect(await modeOf("home")).toBe(0o755)
      expect(await modeOf("home/notes")).toBe(0o644)
      expect(await modeOf("home/waybill.db")).toBe(0o600)
      await chmod(join(path, "waybill.db"), 0o644)
    }
  })

  test("one that all users share", async () => {
    await mkdir(path)
    await chmod(path, 0o1777)
    expect(await openAndClose()).toEqual([expect.stringContaining("(mode 1777)")])
    expect(await modeOf("home")).toBe(0o1777)
    expect(await modeOf("home/waybill.db")).toBe(0o600)
  })

  // Only root can give folders away.
  if (process.getuid?.() === 0) {
    test("one of another user, for root", async () => {
      await oldHome()
      await chown(path, STRANGER, STRANGER)
      expect(await openAndClose()).toEqual([
        `${path} belongs to another user (uid ${STRANGER}) and stays as it is: what root puts there is root's, and that user cannot read it`,
      ])
      expect(await modeOf("home")).toBe(0o755)
      expect(await modeOf("home/waybill.db")).toBe(0o644)
      expect(await modeOf("home/store")).toBe(0o755)
    })

    test("what is another user's in a home of one's own", async () => {
      await oldHome()
      for (const name of ["contexts.json", "store/blobs"]) await chown(join(path, name), STRANGER, STRANGER)
      await openAndClose()
      expect(await openToOthers()).toEqual([
        "home/contexts.json",
        "home/store/blobs",
        "home/store/blobs/sha256",
        "home/store/blobs/sha256/abc",
      ])
    })
  }
})
