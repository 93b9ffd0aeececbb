import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"

/** What loads what is seen in the sources: the build has put them together. */
const SOURCE = join(import.meta.dirname, "../../src/cli/main.ts")

const HOOK = `
import { appendFileSync } from "node:fs"
import { registerHooks } from "node:module"
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) appendFileSync(process.env.LOADED, url + "\\n")
    return next(url, context)
  },
})
`

/** The packages, and the folders of the source, that a command line loads. */
async function loadedBy(machine: Machine, words: string): Promise<string[]> {
  await writeFile(machine.path("hook.mjs"), HOOK)
  // Not a pipe: writing to one that is full fails at once.
  const loaded = machine.path("loaded")
  await writeFile(loaded, "")
  const env = {
    NODE_OPTIONS: `--import=${pathToFileURL(machine.path("hook.mjs"))}`,
    LOADED: loaded,
    MAIN: SOURCE,
  }
  await machine.ok(words, { env })
  const names = (await readFile(loaded, "utf8")).split("\n").flatMap((url) => {
    const found = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? /\/src\/([a-z]+)\//.exec(url)
    return found?.[1] ?? []
  })
  return [...new Set(names)].sort()
}

test("the version and the help come without loading what commands need", async () => {
  const machine = await Machine.create()
  for (const words of ["--version", "--help", "release import --help"])
    expect(await loadedBy(machine, words)).toEqual(["cli", "commander", "errors"])
})

test("what looks into the database alone loads neither the registry client nor archives", async () => {
  const machine = await Machine.create("acme/edge")
  for (const words of ["fleet list", "release list acme/edge"]) {
    const loaded = await loadedBy(machine, words)
    expect(loaded).toEqual(expect.arrayContaining(["database", "kysely"]))
    for (const unneeded of [
      "undici",
      "execa",
      "yaml",
      "log-update",
      "registry",
      "layout",
      "archive",
      "bundle",
    ])
      expect(loaded).not.toContain(unneeded)
  }
})

test("what completes a word loads no more than it needs, and reads names without all that works on them", async () => {
  const machine = await Machine.create("acme/edge")
  expect(await loadedBy(machine, "complete -- release export --")).toEqual(["cli", "commander", "errors"])
  const loaded = await loadedBy(machine, "complete -- fleet show acme")
  expect(loaded).toContain("database")
  for (const unneeded of ["kysely", "zod", "undici", "registry", "layout", "bundle", "client"])
    expect(loaded).not.toContain(unneeded)
})
