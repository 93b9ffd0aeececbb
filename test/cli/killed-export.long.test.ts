import { readdir, readFile, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { type Choice, choices, killedAt, momentsOf } from "../support/kills/moments.ts"
import { bringBundle, sha256 } from "../support/sample.ts"

const OLD = "what was there before"

/** Exports to a file are killed at some of their moments; each leaves the old file or the whole new one. */
async function killExports(choose: Choice): Promise<void> {
  const machine = await Machine.create("acme/edge")
  const { file } = await bringBundle(machine, 3_000_000)
  await machine.ok("release import release.tar acme/edge")
  const whole = sha256(await readFile(file))
  const output = machine.path("out/edge.tar")
  const words = "release export acme/edge -o out/edge.tar --quiet"
  await machine.shell("mkdir out")
  const moments = await momentsOf((env) => machine.ok(words, { env }))
  expect(moments).toContain("before rename 1")

  let early = 0
  let leftovers = 0
  for (const moment of choose(moments)) {
    await writeFile(output, OLD)
    const { signal, stderr } = await machine.run(words, { env: killedAt(moment) })
    expect(signal, `${moment}: ${stderr}`).toBe("SIGKILL")
    const found = await readFile(output)
    if (found.toString() === OLD) early++
    else expect(sha256(found), moment).toBe(whole)
    leftovers += (await readdir(machine.path("out"))).length - 1
  }
  expect(early).toBeGreaterThan(0)
  expect(leftovers).toBeGreaterThan(0)

  await machine.ok(words)
  expect(sha256(await readFile(output))).toBe(whole)
  expect(await readdir(machine.path("out"))).toEqual(["edge.tar"])
}

test.for(choices)(
  "an export that is killed at any moment leaves the file of that name as it was, or whole; the next one clears up: $name",
  ({ choice }) => killExports(choice),
)
