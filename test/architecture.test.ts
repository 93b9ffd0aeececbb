import { execFile } from "node:child_process"
import { copyFile, glob, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { mayImport, printRules, RULES_FILE, readLayers } from "../scripts/layers.ts"
import { temporaryFolder } from "./support/content/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")
const BIOME = join(ROOT, "node_modules", ".bin", "biome")

/** Lints files in a project of their own under the real rules, and returns those with a forbidden import. */
async function lint(files: ReadonlyMap<string, string>): Promise<Set<string>> {
  const project = await temporaryFolder()
  for (const name of ["biome.json", RULES_FILE, ".gitignore"])
    await copyFile(join(ROOT, name), join(project, name))
  for (const [path, text] of files) {
    await mkdir(join(project, path, ".."), { recursive: true })
    await writeFile(join(project, path), text)
  }
  const args = ["lint", "--only=style/noRestrictedImports", "--reporter=json", "--max-diagnostics=none", "."]
  const output = await new Promise<string>((resolve) => {
    // The linter fails where it finds something, which most calls here want.
    execFile(BIOME, args, { cwd: project, maxBuffer: 1 << 26 }, (_, stdout) => resolve(stdout))
  })
  const report: {
    summary: { unchanged: number }
    diagnostics: { category: string; location: { path: string } }[]
  } = JSON.parse(output)
  expect(report.summary.unchanged).toBeGreaterThanOrEqual(files.size)
  const found = report.diagnostics.filter(({ category }) => category === "lint/style/noRestrictedImports")
  return new Set(found.map(({ location }) => location.path))
}

describe("the layers", () => {
  test("are all that is in src, and the linter has its rules from their table", async () => {
    const layers = await readLayers()
    expect(layers.map(({ name }) => name).toSorted()).toEqual((await readdir(join(ROOT, "src"))).toSorted())
    // `node scripts/layers.ts` writes it.
    expect(await readFile(join(ROOT, RULES_FILE), "utf8")).toBe(printRules(layers))
  })

  test("may import those above them; the linter fails on every other import", async () => {
    const layers = await readLayers()
    const place = (name: string, file: string) => (name.endsWith(".ts") ? name : `${name}/${file}.ts`)
    const importing = layers.filter(({ name }) => !name.endsWith(".ts"))
    const pairs = importing.flatMap((from) =>
      layers.map((to) => ({ from, to, path: `src/${from.name}/imports-${to.name.replace(/\.ts$/, "")}.ts` })),
    )
    const files = new Map(
      pairs.map(({ to, path }) => [path, `import { x } from "../${place(to.name, "x")}"\nconsole.log(x)\n`]),
    )
    const refused = await lint(files)
    const forbidden = pairs.filter(({ from, to }) => !mayImport(layers, from, to)).map(({ path }) => path)
    expect([...refused].toSorted()).toEqual(forbidden.toSorted())
    // The ones that people would try first, named so that a mistake in this test itself shows.
    for (const path of [
      "src/oci/imports-registry.ts",
      "src/bundle/imports-layout.ts",
      "src/layout/imports-registry.ts",
      "src/fleet/imports-database.ts",
      "src/content/imports-operations.ts",
      "src/http/imports-registry.ts",
      "src/registry/imports-client.ts",
    ]) {
      expect(refused).toContain(path)
    }
    expect(refused).not.toContain("src/operations/imports-registry.ts")
    expect(refused).not.toContain("src/registry/imports-http.ts")
  })

  test("cannot be passed by another way of importing", async () => {
    const ways = [
      'export { x } from "../registry/x.ts"\n',
      'export * from "../registry/x.ts"\n',
      'import type { X } from "../registry/x.ts"\nexport type Y = X\n',
      'import "../registry/x.ts"\n',
      'export const x = await import("../registry/x.ts")\n',
      'import { x } from "../../src/registry/x.ts"\nconsole.log(x)\n',
      'import { x } from "./../registry/deep/x.ts"\nconsole.log(x)\n',
      'import { x } from "../index.ts"\nconsole.log(x)\n',
      'import { systemClock } from "../system-clock.ts"\nconsole.log(systemClock)\n',
    ]
    const files = new Map(ways.map((text, at) => [`src/content/way-${at}.ts`, text]))
    expect([...(await lint(files))].toSorted()).toEqual([...files.keys()])
  })
})

describe("the code below the command line, the server and the dashboard", () => {
  /** Each would make what Waybill does depend on when, where and by whom it is run. */
  const forbidden: Record<string, RegExp> = {
    clock: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.(?:now|timeOrigin)\b|\bhrtime\b/,
    random:
      /\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync|Fill)\b|\bgetRandomValues\b|\bmkdtemp(?:Sync)?\b/,
    environment: /\bprocess\.(?:env|argv|exit|exitCode|cwd)\b|\bfrom "node:process"|\b(?:homedir|tmpdir)\(/,
  }

  test("is deterministic: it reads no clock, no random and no environment", async () => {
    const offences: string[] = []
    let files = 0
    for await (const path of glob("src/**/*.ts", { cwd: ROOT })) {
      if (/^src\/(?:(?:cli|server|dashboard)\/|system-clock\.ts$)/.test(path)) continue
      // The name of a process for its locks: it must not be guessed, and nothing that Waybill makes depends on it.
      if (path === "src/content/instance.ts") continue
      files += 1
      const code = withoutComments(await readFile(join(ROOT, path), "utf8"))
      for (const [what, pattern] of Object.entries(forbidden)) {
        const found = pattern.exec(code)
        if (found) offences.push(`${path} reads the ${what}: ${found[0]}`)
      }
    }
    expect(offences).toEqual([])
    expect(files).toBeGreaterThan(20)
  })

  test.for([
    ["clock", "const now = Date.now()"],
    ["clock", "const now = new Date()"],
    ["random", "const id = crypto.randomUUID()"],
    ["random", 'import { randomBytes } from "node:crypto"'],
    ["environment", "const home = process.env.HOME"],
    ["environment", "process.exit(1)"],
  ] as const)("would be caught reading the %s: %s", ([what, code]) => {
    expect(forbidden[what]?.test(withoutComments(code))).toBe(true)
    expect(forbidden[what]?.test(withoutComments(`// ${code}\n/* ${code} */`))).toBe(false)
  })

  test("may turn a given time into a date", () => {
    expect(forbidden.clock?.test("const date = new Date(milliseconds)")).toBe(false)
  })
})

test("the content store asks its catalog, and has no SQL beside it", async () => {
  const sql = /\b(?:select\s.+\sfrom|insert\s.*into|delete from|update\s\w+\sset|create\s(?:temp\s)?table)\b/i
  const found: string[] = []
  for await (const path of glob("src/layout/**/*.ts", { cwd: ROOT })) {
    if (sql.test(withoutComments(await readFile(join(ROOT, path), "utf8")))) found.push(path)
  }
  expect(found.length).toBeGreaterThan(5)
  expect(found.filter((path) => !path.startsWith("src/layout/catalog/"))).toEqual([])
})

test("only the command line and the dashboard name its commands: the library has no other users' words in its messages", async () => {
  const named: string[] = []
  let files = 0
  for await (const path of glob("src/**/*.ts", { cwd: ROOT })) {
    if (/^src\/(?:cli|server|dashboard)\//.test(path)) continue
    files += 1
    const code = withoutComments(await readFile(join(ROOT, path), "utf8"))
    const found = /\bwaybill (?:release|fleet|device|token|context|store|serve|doctor)\b/.exec(code)
    if (found) named.push(`${path} names ${found[0]}`)
  }
  expect(named).toEqual([])
  expect(files).toBeGreaterThan(100)
})

test("no two classes that are exported have one name", async () => {
  const names: string[] = []
  for await (const path of glob("src/**/*.ts", { cwd: ROOT })) {
    const code = withoutComments(await readFile(join(ROOT, path), "utf8"))
    for (const [, name = ""] of code.matchAll(/^export (?:abstract )?class (\w+)/gm)) names.push(name)
  }
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  expect(names.length).toBeGreaterThan(50)
})

/** Without strings being told apart, which is enough: what stands behind `//` in one is no code either. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(?<!:)\/\/.*$/gm, "")
}
