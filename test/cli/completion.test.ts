import { mkdir, writeFile } from "node:fs/promises"
import type { Command } from "commander"
import { describe, expect, onTestFinished, test } from "vitest"
import { readCommandLine } from "../../src/cli/completion/command-line.ts"
import { FILES, valuesOf } from "../../src/cli/completion/values.ts"
import { makeProgram } from "../../src/cli/program.ts"
import { sampleDevice, secretOf } from "../fleet/sample-device.ts"
import { createFleets, Machine } from "../support/cli.ts"
import { startServer } from "../support/registry/http-server.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle } from "../support/sample.ts"
import { openShell } from "../support/terminal-shell.ts"

const UUID = "3f2a6c1e9b0d4857a1c2e3f405162738"

/** What a command line is completed to, as a shell gets it. */
async function completed(machine: Machine, ...words: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await machine.run(["complete", "--", ...words])
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0] ?? "")
}

/** The same without a process, of what needs no home. */
function offered(...words: string[]): string[] {
  const { wanted, beginning } = readCommandLine(makeProgram(new AbortController().signal), words)
  if (wanted.kind === "value") return [`<${wanted.name}>`]
  return wanted.candidates.map(({ value }) => value).filter((value) => value.startsWith(beginning))
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
}

describe("commands and flags come from the program itself", () => {
  test.each<[string[], string[]]>([
    [["rel"], ["release"]],
    [["release", "ex"], ["export"]],
    [["release", "export", "--out"], ["--output"]],
    [["release", "create", "a/b", "-f", "x", "--dr"], ["--draft"]],
    [["release", "export", "-o"], ["<file | ->"].slice(1)],
    [["release", "export", "-o", ""], ["<file | ->"]],
    [["release", "export", "--output="], ["<file | ->"]],
    // As bash splits it.
    [["release", "export", "--output", "=", "x"], ["<file | ->"]],
    [["release", "export", "--output", "="], ["<file | ->"]],
    [["release", "verify", ""], ["<file | ->"]],
    [["release", "import", "x.tar", ""], ["<fleet>"]],
    [["release", "import", "--concurrency", "2", "x.tar", ""], ["<fleet>"]],
    [["release", "import", "--", "x.tar", ""], ["<fleet>"]],
    [["fleet", "pin", "acme/edge", ""], ["<release>"]],
    [["fleet", "list", ""], []],
    [["fleet", "list", "--no-such", ""], []],
    [["no", "such", ""], []],
    [["fleet", "list", "--context", ""], ["<--context>"]],
    [["help", "rel"], ["release"]],
    [["help", "release", "ex"], ["export"]],
    [["release", "list", "--status", "fa"], ["<status>"]],
    [["complet"], ["completion"]],
    [["comp", "--", "x"], []],
    [[], offered("")],
  ])("%j", (words, expected) => {
    expect(offered(...words)).toEqual(expected)
  })

  test("a flag that is given is not offered again, one with a value is", () => {
    expect(offered("release", "create", "--draft", "--tag", "a=b", "--")).toEqual(
      offered("release", "create", "--").filter((flag) => flag !== "--draft"),
    )
    expect(offered("release", "create", "--tag", "a=b", "--")).toContain("--tag")
  })

  test("every command and flag of the program is offered, but for the hidden one", () => {
    const program = makeProgram(new AbortController().signal)
    for (const group of program.commands.filter((command) => command.name() !== "complete")) {
      expect(offered("")).toContain(group.name())
      for (const leaf of leaves(group)) {
        const path = leaf === group ? [group.name()] : [group.name(), leaf.name()]
        expect(offered(...path, "--")).toEqual(expect.arrayContaining(leaf.options.map(({ long }) => long)))
      }
    }
    expect(offered("")).not.toContain("complete")
  })

  test("files are left to the shell, and fixed values are known", async () => {
    const line = readCommandLine(makeProgram(new AbortController().signal), [""])
    const none = () => Promise.reject(new Error("no names are needed"))
    for (const name of ["file", "file | ->", "compose.yml"])
      expect(await valuesOf(name, line, none)).toBe(FILES)
    const values = async (name: string) => valuesOf(name, line, none)
    expect(await values("role")).toEqual(
      ["viewer", "deployer", "admin"].map((value) => ({ value, about: "" })),
    )
    expect(await values("class")).toEqual(["fleet", "app", "block"].map((value) => ({ value, about: "" })))
    expect(await values("text")).toEqual([])
  })
})

describe("names are those that are there", () => {
  test("fleets, versions, devices and contexts of the home", async () => {
    const machine = await Machine.create("acme/dock", "acme/edge")
    await bringBundle(machine)
    await machine.ok("release import release.tar acme/edge")
    await machine.ok(["device", "register", "acme/edge", "--uuid", UUID, "--name", "press 4"])
    expect(await completed(machine, "fleet", "show", "")).toEqual(["acme/dock", "acme/edge"])
    expect(await completed(machine, "fleet", "show", "acme/d")).toEqual(["acme/dock"])
    expect(await completed(machine, "release", "show", "acme/edge", "--version", "")).toEqual(["1.2.3"])
    expect(await completed(machine, "release", "show", "acme/edge", "--version=1")).toEqual([
      "--version=1.2.3",
    ])
    expect(await completed(machine, "fleet", "pin", "acme/dock", "")).toEqual([])
    expect(await completed(machine, "device", "pin", "3f")).toEqual([UUID])
    expect(await completed(machine, "device", "pin", `${UUID},3F2`)).toEqual([])
    expect(await completed(machine, "device", "pin", `${UUID},3f2`)).toEqual([`${UUID},${UUID}`])
    expect(await completed(machine, "device", "pin", "3f2a", "")).toEqual(["1.2.3"])
    expect(await completed(machine, "device", "show", "' or 1")).toEqual([])
    // A name that needs quotes is not offered, another is, and its releases are known.
    expect(await completed(machine, "device", "show", "press")).toEqual([])
    await machine.ok(["device", "rename", "press 4", "press-4"])
    expect(await completed(machine, "device", "rm", `${UUID},pre`)).toEqual([`${UUID},press-4`])
    expect(await completed(machine, "device", "pin", "press-4", "")).toEqual(["1.2.3"])
    expect(await completed(machine, "device", "track-fleet", "acme/d")).toEqual(["acme/dock"])
    expect(await completed(machine, "release", "show", "acme/edge", "")).toEqual(["1.2.3"])
    expect(await completed(machine, "release", "export", "acme/edge@1")).toEqual(["acme/edge@1.2.3"])
    // As bash splits it.
    expect(await completed(machine, "fleet", "pin", "acme/edge", "@", "1")).toEqual(["1.2.3"])
    expect(await completed(machine, "fleet", "pin", "acme/edge", "@")).toEqual(["1.2.3"])
    expect(await completed(machine, "context", "use", "")).toEqual(["home"])
    const { stdout } = await machine.run("complete -- device show 3")
    expect(stdout).toBe(`${UUID}\tpress-4\n`)
  })

  test("those of a server, where the command line or the user has chosen it", async () => {
    const server = await runServer()
    await server.home.fleets.createFleet({ slug: "site/far-away" }, server.home.change())
    await server.home.fleets.registerDevice(
      "site/far-away",
      sampleDevice(1, { uuid: UUID, name: "dock-7" }),
      server.home.change(),
    )
    const machine = await Machine.create("acme/here")
    await machine.ok(`context create site --server ${server.url} --token -`, {
      input: Buffer.from(server.token),
    })
    expect(await completed(machine, "context", "use", "")).toEqual(["home", "site"])
    expect(await completed(machine, "fleet", "show", "")).toEqual(["acme/here"])
    expect(await completed(machine, "fleet", "show", "--context", "site", "")).toEqual(["site/far-away"])
    await machine.ok("context use site")
    expect(await completed(machine, "fleet", "show", "")).toEqual(["site/far-away"])
    expect(await completed(machine, "device", "show", "do")).toEqual(["dock-7"])
    expect(await completed(machine, "device", "show", "3f2a")).toEqual([UUID])
    await server.stop()
    expect(await completed(machine, "fleet", "show", "")).toEqual([])
  })

  test("a server that does not answer is not waited for longer than a person may be kept from typing", async () => {
    const asked = Promise.withResolvers<void>()
    const server = await startServer(async () => asked.resolve())
    onTestFinished(server.close)
    const machine = await Machine.create()
    await mkdir(machine.path("home"), { mode: 0o700 })
    const context = { server: server.origin, token: secretOf("any") }
    await writeFile(
      machine.path("home/contexts.json"),
      JSON.stringify({ current: "site", contexts: { site: context } }),
      { mode: 0o600 },
    )
    expect(await completed(machine, "fleet", "show", "")).toEqual([])
    await asked.promise
  })

  test("where there is no home, or a damaged one, there are none, and nothing is made or said", async () => {
    const machine = await Machine.create()
    expect(await completed(machine, "fleet", "show", "")).toEqual([])
    expect((await machine.shell("ls home")).status).not.toBe(0)
    await createFleets(machine.path("home"), ["acme/edge"])
    await machine.shell(
      "printf x | dd of=home/waybill.db bs=1 seek=100 conv=notrunc; echo '{' > home/contexts.json",
    )
    expect(await completed(machine, "fleet", "show", "")).toEqual([])
  })
})

test("in a real bash, the tab key completes commands, flags, names and files", async () => {
  const machine = await Machine.create("acme/edge")
  await machine.ok(["device", "register", "acme/edge", "--uuid", UUID])
  const bash = await openShell(machine, "bash --norc --noprofile -i")
  await bash.line("source <(waybill completion bash); touch 'bundle one.tar' danger")
  expect(await bash.line("waybill fle\tsho\tacme/e\t--js\t | tr -d '\\n'")).toContain('"slug": "acme/edge"')
  expect(await bash.line("waybill device show 3f\t")).toContain(UUID)
  expect(await bash.line("echo waybill release verify bund\t")).toContain("bundle")
  // The line is never run to complete it.
  await bash.line('waybill fleet show "$(rm danger)" acme\t\u0003')
  expect(await bash.line("ls")).toContain("danger")
  expect(await bash.line("waybill release verify bun\t")).toContain("bundle one.tar")
})

test("a shell that is not known is a wrong command line", async () => {
  const machine = await Machine.create()
  const { status, stderr } = await machine.run("completion tcsh")
  expect(stderr).toContain("Allowed choices are bash, zsh, fish.")
  expect(status).toBe(2)
})
