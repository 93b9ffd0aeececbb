import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { waybillOnPath } from "../support/terminal-shell.ts"

test("a real fish completes commands, flags, names and files", async () => {
  const machine = await Machine.create("acme/edge", "acme/dock")
  await writeFile(machine.path("bundle one.tar"), "")
  const env = await waybillOnPath(machine)
  const complete = async (line: string) => {
    const script = `waybill completion fish | source; complete -C '${line}'`
    const { stdout } = await promisify(execFile)("fish", ["--no-config", "-c", script], {
      env,
      cwd: machine.folder,
    })
    return stdout.split("\n").slice(0, -1)
  }
  expect(await complete("waybill rel")).toEqual(["release\tcreate, move and look at releases"])
  expect(await complete("waybill release export --out")).toEqual([
    "--output\tfile to write, or - for standard output",
  ])
  expect(await complete("waybill fleet show acme/")).toEqual(["acme/dock\tfleet", "acme/edge\tfleet"])
  expect(await complete("waybill fleet list --context=")).toEqual([
    "--context=home\tthe home on this machine",
  ])
  expect((await complete("waybill release verify bun")).join()).toMatch(/^bundle.one\.tar/)
  expect(await complete("waybill fleet list ")).toEqual([])
})
