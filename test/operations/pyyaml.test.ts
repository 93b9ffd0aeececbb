import { join } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { parse } from "yaml"
import { printYaml } from "../../src/operations/compose-yaml.ts"
import { documents, TRICKY, texts } from "../support/yaml/tricky.ts"
import { YamlReader } from "../support/yaml/yaml-reader.ts"

let pyyaml: YamlReader
beforeAll(() => {
  const script = join(import.meta.dirname, "..", "support", "yaml", "pyyaml.py")
  pyyaml = new YamlReader("/usr/bin/python3", [script])
})
afterAll(() => pyyaml.close())

async function read(text: string): Promise<unknown> {
  return unpaired(await pyyaml.read(text))
}

function unpaired(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpaired)
  if (typeof value !== "object" || value === null) return value
  const { pairs } = value as { pairs: [string, unknown][] }
  return Object.fromEntries(pairs.map(([key, inner]) => [key, unpaired(inner)]))
}

test("PyYAML takes texts for something else as they are, and says so", async () => {
  await expect(read("a: yes")).resolves.toEqual({ a: true })
  await expect(read("a: 2024-01-01")).rejects.toThrow("is not JSON")
  await expect(read("on: a")).rejects.toThrow("the key True is no text")
  await expect(read("{")).rejects.toThrow("while parsing")
})

test("what looks like something else, at the beginning or as a whole, is a text as a value and as a key", async () => {
  for (const text of TRICKY) {
    const document = { [text]: [text, { [`${text} `]: text }], x: { [text]: null } }
    const printed = printYaml(document)
    expect(await read(printed), JSON.stringify(text)).toEqual(document)
    for (const version of ["1.1", "1.2"] as const) expect(parse(printed, { version })).toEqual(document)
  }
})

test("what is printed is read as the same by readers of YAML 1.1 and of YAML 1.2", async () => {
  await fc.assert(
    fc.asyncProperty(documents(texts), async (document) => {
      const printed = printYaml(document)
      expect(await read(printed)).toEqual(document)
      expect(parse(printed, { maxAliasCount: 0 })).toEqual(document)
      expect(parse(printed, { version: "1.1" })).toEqual(document)
    }),
    { numRuns: 200 },
  )
})
