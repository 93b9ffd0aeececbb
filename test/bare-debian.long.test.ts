import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { PACKAGE, RELEASE, ROOT, runBare, VERSION } from "./support/packages.ts"

/** Not among the temporary files: debootstrap makes devices, which memory as a file system takes none of. */
const CACHE = join(ROOT, ".cache")

/** The smallest Debian that debootstrap makes; kept, as making it takes a minute. Each test gets a copy. */
async function bareDebian(): Promise<string> {
  const kept = join(CACHE, "debian")
  if (!existsSync(kept)) {
    const half = `${kept}.partial`
    await rm(half, { recursive: true, force: true })
    await mkdir(half, { recursive: true })
    const options = { maxBuffer: 64 * 1024 * 1024 }
    await promisify(execFile)("debootstrap", ["--variant=minbase", "stable", half], options)
    await rename(half, kept)
  }
  const copy = await mkdtemp(join(CACHE, "debian-"))
  onTestFinished(() => rm(copy, { recursive: true, force: true }))
  await promisify(execFile)("cp", ["-a", `${kept}/.`, copy])
  return copy
}

/** Runs a script in it, with no network, and with an environment that is empty but for `env`. */
async function inside(debian: string, script: string, env: Record<string, string> = {}): Promise<string> {
  const words = ["--net", "chroot", debian, "/bin/sh", "-euc", script]
  return runBare("unshare", words, { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env })
}

/** The blocks of docs/install.md that are shown as typed. */
async function documented(): Promise<string[]> {
  const text = await readFile(join(ROOT, "docs/install.md"), "utf8")
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? "")
}

test("what is told of the package works in a bare Debian without a network, and the package there", async () => {
  const debian = await bareDebian()
  await expect(inside(debian, "node --version")).rejects.toThrow("node: not found")
  for (const name of [`${PACKAGE}.tar.gz`, "SHA256SUMS"]) {
    await copyFile(join(RELEASE, name), join(debian, "root", name))
  }
  await makeSampleApplication(join(debian, "root/application"))
  const [install = "", backup = ""] = await documented()
  const typed = install.replaceAll(`waybill-${VERSION}-linux-x64`, PACKAGE)
  const installed = await inside(debian, `cd /root; ${typed}`, { HOME: "/root" })
  expect(installed).toContain(`${PACKAGE}.tar.gz: OK`)
  expect(installed).toContain(`\n${VERSION}\n`)
  expect(installed).toContain("\nnothing is wrong\n")

  const story = `
    waybill fleet create acme/edge
    waybill fleet create site/edge
    waybill release create acme/edge --version 1.2.3 -f /root/application/compose.yml
    waybill release export acme/edge -o /root/release.tar
    waybill release import /root/release.tar site/edge
    waybill release verify /root/release.tar
    ${backup}
    WAYBILL_HOME=/var/backups/waybill waybill store verify
    cp -a /opt/waybill/. "/srv/else where"
    env -i WAYBILL_HOME=$WAYBILL_HOME "/srv/else where/bin/waybill" release list site/edge`
  const told = await inside(debian, story, { WAYBILL_HOME: "/var/lib/waybill" })
  expect(told).toContain("verified /root/release.tar")
  expect(told).toMatch(/^verified \d+ blobs of /m)
  expect(told).toMatch(/^1\.2\.3 /m)
})
