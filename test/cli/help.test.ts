import { expect, test } from "vitest"
import { EXAMPLES } from "../../src/cli/examples.ts"
import { commandsOf, wordsOf } from "../../src/cli/help.ts"
import { makeProgram } from "../../src/cli/program.ts"
import { Machine } from "../support/cli.ts"

const program = makeProgram(new AbortController().signal)
const shown = commandsOf(program).filter((command) => command.name() !== "complete")

test("every command has an example, and no example is of a command that is not there", () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual(
    shown.map((command) => wordsOf(command).join(" ")).toSorted(),
  )
  for (const examples of Object.values(EXAMPLES)) expect(examples.length).toBeGreaterThan(0)
})

/** The command lines of an example: of Waybill, up to where the shell begins. */
function linesOf(example: string): string[][] {
  const calls = example.matchAll(/\bwaybill ((?:[a-z](?:'[^']*'|"[^"]*"|[^'"|<>)])*)?)/g)
  return [...calls].map(([, words = ""]) =>
    [...words.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, plain]) => double ?? single ?? plain ?? "",
    ),
  )
}

test.each(Object.entries(EXAMPLES))("the examples of %j are command lines of it", async (words, examples) => {
  for (const example of examples) {
    const called: string[] = []
    const fresh = makeProgram(new AbortController().signal)
    for (const command of commandsOf(fresh)) {
      command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
      if (command.commands.length === 0) command.action(() => void called.push(wordsOf(command).join(" ")))
    }
    const lines = linesOf(example)
    expect(lines.length, example).toBeGreaterThan(0)
    for (const line of lines) await fresh.parseAsync(line, { from: "user" })
    expect(called.length, example).toBe(lines.length)
    if (words !== "")
      expect(
        called.some((name) => name.startsWith(words)),
        example,
      ).toBe(true)
  }
})

test("help shows examples, what is read from the environment, and where more is told, within 80 columns", async () => {
  const machine = await Machine.create()
  for (const words of ["", "release", "release export", "device list", "context create", "serve", "doctor"]) {
    const help = await machine.ok(`${words} --help`)
    expect(help).toMatch(/^Examples:\n {2}waybill /m)
    expect(help).toMatch(/^Environment:\n/m)
    expect(help).toMatch(/^More: \S+\.md$/m)
    const [, environment = ""] = /^Environment:\n((?: .*\n)+)/m.exec(help) ?? []
    expect(environment).toContain("NO_COLOR")
    for (const line of environment.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80)
  }
  const exporting = await machine.ok("release export --help")
  expect(exporting).toMatch(/^ {2}DOCKER_CONFIG /m)
  expect(await machine.ok("release verify --help")).not.toContain("DOCKER_CONFIG")
})

test("help before the words of a command is the help of that command", async () => {
  const machine = await Machine.create()
  for (const words of ["release export", "release", "whoami"])
    expect(await machine.ok(`help ${words}`)).toBe(await machine.ok(`${words} --help`))
  expect(await machine.ok("help")).toBe(await machine.ok("--help"))
  expect(await machine.ok("release help export")).toBe(await machine.ok("release export --help"))
  for (const words of ["help ship", "help release ship"]) {
    expect(await machine.run(words)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "error: unknown command 'ship'\nhint: add --help to see how the command is used\n",
    })
  }
})

test.each([
  ["release export acme/edge --outptu x.tar", "--outptu", "--output"],
  ["release create --fil compose.yml", "--fil", "--file"],
  ["context create site --sever http://127.0.0.1", "--sever", "--server"],
  ["token create --rol admin", "--rol", "--role"],
])("a flag that is unknown is named before what is missing: %s", async (words, flag, meant) => {
  const machine = await Machine.create()
  const { status, stderr } = await machine.run(words)
  expect(stderr).toContain(`error: unknown option '${flag}'\n(Did you mean ${meant}?)\n`)
  expect(status).toBe(2)
})
