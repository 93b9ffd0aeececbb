import { execFile } from "node:child_process"
import { cp, mkdir, rm, symlink } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { temporaryFolder } from "./support/temporary-folder.ts"

const DIST = join(import.meta.dirname, "../dist")

/** A copy of what `make build` left, far from the project. */
async function copyOfDist(): Promise<string> {
  const copy = join(await temporaryFolder(), "some where", "else")
  await cp(DIST, copy, { recursive: true, filter: (path) => path !== join(DIST, "release") })
  return copy
}

async function run(file: string, words: string[], env: Record<string, string> = {}) {
  return promisify(execFile)(file, words, { env, cwd: "/" }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    ({ code: status, stdout, stderr }) => ({ status, stdout, stderr }),
  )
}

/** A folder for `PATH` with what the launcher itself needs, and these. */
async function programs(...more: string[]): Promise<string> {
  const folder = await temporaryFolder()
  for (const path of ["/bin/readlink", "/usr/bin/dirname", ...more]) {
    await symlink(path, join(folder, path.slice(path.lastIndexOf("/") + 1)))
  }
  return folder
}

test("what make build leaves runs wherever it is copied to, with an empty environment", async () => {
  const dist = await copyOfDist()
  const version = await run(join(dist, "waybill"), ["--version"])
  expect(version).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" })
  const env = { WAYBILL_HOME: join(await temporaryFolder(), "home") }
  const created = await run(join(dist, "waybill"), ["fleet", "create", "acme/edge"], env)
  expect(created).toMatchObject({ status: 0, stderr: "" })
})

test("a link to it runs it", async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, "bin"))
  await symlink(join(await copyOfDist(), "waybill"), join(folder, "bin", "waybill"))
  expect(await run(join(folder, "bin", "waybill"), ["--version"])).toMatchObject({ status: 0, stderr: "" })
})

test("without a Node beside it, the one on the PATH is taken; without any, it says what is needed", async () => {
  const dist = await copyOfDist()
  await rm(join(dist, "node"))
  const waybill = join(dist, "waybill")
  const found = await run(waybill, ["--version"], { PATH: await programs(process.execPath) })
  expect(found).toMatchObject({ status: 0, stderr: "" })
  const missing = await run(waybill, ["--version"], { PATH: await programs() })
  expect(missing).toMatchObject({ status: 1, stdout: "" })
  expect(missing.stderr).toContain("error: Waybill needs Node.js 24.15 or newer, or 26, and there is none")
  expect(missing.stderr).toContain("hint: install Node.js 24, or the Waybill package that brings its own")
})
