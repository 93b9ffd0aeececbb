import { readdir, readFile, writeFile } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { bringBundle, sha256 } from "../support/sample.ts"

const KILLS = 20
const OLD = "what was there before"

test("an export that is killed at any moment leaves the file of that name as it was, or whole; the next one clears up", async () => {
  const machine = await Machine.create("acme/edge")
  const { file } = await bringBundle(machine, 30_000_000)
  await machine.ok("release import release.tar acme/edge")
  const whole = sha256(await readFile(file))
  const output = machine.path("out/edge.tar")
  const words = "release export acme/edge -o out/edge.tar --quiet"
  await machine.shell("mkdir out")
  const start = performance.now()
  await machine.ok(words)
  const duration = performance.now() - start

  let early = 0
  let leftovers = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await writeFile(output, OLD)
    const killed = machine.start(words)
    await Promise.race([killed.outcome, setTimeout(((kill + Math.random()) / KILLS) * duration)])
    killed.process.kill("SIGKILL")
    await killed.outcome
    const found = await readFile(output)
    if (found.toString() === OLD) early++
    else expect(sha256(found)).toBe(whole)
    leftovers += (await readdir(machine.path("out"))).length - 1
  }
  expect(early).toBeGreaterThan(0)
  expect(leftovers).toBeGreaterThan(0)

  await machine.ok(words)
  expect(sha256(await readFile(output))).toBe(whole)
  expect(await readdir(machine.path("out"))).toEqual(["edge.tar"])
}, 180_000)
