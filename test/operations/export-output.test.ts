import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { createSample, sha256 } from "../support/sample.ts"

test("a bundle is written to the file that a link points to, and the link stays", async () => {
  const machine = await Machine.create("acme/edge")
  await createSample(machine, "acme/edge")
  await machine.ok("release export acme/edge -o release.tar")
  await mkdir(machine.path("disk"))
  await writeFile(machine.path("disk/file.tar"), "of old")
  await symlink("disk/file.tar", machine.path("link.tar"))
  await machine.ok("release export acme/edge -o link.tar")
  expect(await readlink(machine.path("link.tar"))).toBe("disk/file.tar")
  expect(await readdir(machine.path("disk"))).toEqual(["file.tar"])
  expect(sha256(await readFile(machine.path("disk/file.tar")))).toBe(
    sha256(await readFile(machine.path("release.tar"))),
  )
})

test("a bundle written to the name of standard output goes where that goes", async () => {
  const machine = await Machine.create("acme/edge")
  await createSample(machine, "acme/edge")
  await machine.ok("release export acme/edge -o release.tar")
  // A link of this test's own: should it be replaced, the machine still has its /dev/stdout.
  await symlink("/proc/self/fd/1", machine.path("stdout"))
  const { status, stderr } = await machine.shell("waybill release export acme/edge -o stdout > out.tar")
  expect(status, stderr).toBe(0)
  expect((await lstat(machine.path("stdout"))).isSymbolicLink()).toBe(true)
  expect(sha256(await readFile(machine.path("out.tar")))).toBe(
    sha256(await readFile(machine.path("release.tar"))),
  )
})
