import { readdir, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { bringBundle } from "../support/sample.ts"

/** Makes a link that leads to itself over another. */
async function loop(path: string): Promise<void> {
  await rm(path, { force: true, recursive: true })
  await symlink(`${path}.other`, path)
  await symlink(path, `${path}.other`)
}

test("an image layout whose blobs are links in a loop lacks them, and says so", async () => {
  const machine = await Machine.create("acme/edge")
  await bringBundle(machine)
  const blobs = machine.path("application", "images", "blobs", "sha256")
  for (const name of await readdir(blobs)) await loop(join(blobs, name))
  const outcome = await machine.run("release create acme/edge -f application/compose.yml --version 1.0.0")
  expectFailure(outcome, /sha256:[0-9a-f]{64} is not in /)
})

test("a bundle that is a link in a loop is not read, and the error names it", async () => {
  const machine = await Machine.create("acme/edge")
  await loop(machine.path("release.tar"))
  for (const words of ["release verify release.tar", "release import release.tar acme/edge"]) {
    expectFailure(
      await machine.run(words),
      /^error: release\.tar cannot be opened: its symbolic links lead in a circle$/m,
    )
  }
})

test("a store whose blob is a link in a loop lacks it: verify names it, and an import brings it again", async () => {
  const machine = await Machine.create("site/edge")
  const { file } = await bringBundle(machine)
  await machine.ok(`release import ${file} site/edge`)
  const blobs = machine.path("home", "store", "blobs", "sha256")
  const [name = ""] = await readdir(blobs)
  await loop(join(blobs, name))
  const { status, stdout } = await machine.run("store verify --quiet")
  expect(status).toBe(1)
  expect(stdout).toMatch(new RegExp(`^damaged: sha256:${name} is missing`, "m"))
  await rm(join(blobs, `${name}.other`))
  await machine.ok(`release import ${file} site/edge`)
  await machine.ok("store verify")
})

test("a compose file that is a link in a loop cannot be read", async () => {
  const machine = await Machine.create("acme/edge")
  await writeFile(machine.path("compose.yml"), "")
  await loop(machine.path("compose.yml"))
  expectFailure(
    await machine.run("release create acme/edge -f compose.yml --version 1.0.0"),
    /compose\.yml cannot be read: its symbolic links lead in a circle/,
  )
})
