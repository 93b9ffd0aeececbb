import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { ROOT, runBare, unpack, VERSION } from "./support/packages.ts"

/** Not among the temporary files: debootstrap makes devices, which memory as a file system takes none of. */
const DEBIAN = join(ROOT, ".cache", "debian")

/** The smallest Debian that debootstrap makes; kept, as making it takes a minute. */
async function bareDebian(): Promise<string> {
  if (existsSync(DEBIAN)) return DEBIAN
  const half = `${DEBIAN}.partial`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { recursive: true })
  await promisify(execFile)("debootstrap", ["--variant=minbase", "stable", half], {
    maxBuffer: 64 * 1024 * 1024,
  })
  await rename(half, DEBIAN)
  return DEBIAN
}

test("the package runs in a bare Debian, where nothing else is installed", async () => {
  const debian = await bareDebian()
  const folder = await mkdtemp(join(debian, "opt", "waybill-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const root = await unpack(folder)
  await makeSampleApplication(join(folder, "application"))
  const inside = (path: string) => `/${relative(debian, path)}`
  const waybill = (words: string) => {
    const env = ["-i", `WAYBILL_HOME=${inside(folder)}/home`]
    const program = inside(join(root, "bin/waybill"))
    return runBare("chroot", [debian, "/usr/bin/env", ...env, program, ...words.split(" ")], {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    })
  }
  await expect(
    runBare("chroot", [debian, "node", "--version"], { PATH: "/usr/sbin:/usr/bin" }),
  ).rejects.toThrow("No such file or directory")
  expect(await waybill("--version")).toBe(`${VERSION}\n`)
  await waybill("fleet create acme/edge")
  const compose = inside(join(folder, "application/compose.yml"))
  await waybill(`release create acme/edge --version 1.2.3 -f ${compose}`)
  await waybill(`release export acme/edge -o ${inside(folder)}/release.tar`)
  expect(await waybill(`release verify ${inside(folder)}/release.tar`)).toContain("verified")
})
