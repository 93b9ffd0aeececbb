import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

const ROOT = join(import.meta.dirname, "..")

/** The linter's rules on imports, which `biome.json` takes in. */
export const RULES_FILE = "biome.layers.json"

/** A folder or a file of `src/`. */
export interface Layer {
  name: string
  /** Layers above it that it may not import all the same. */
  apart: readonly string[]
}

/** Reads the layers from the table in CONTRIBUTING.md, in its order: each may import those above it. */
export async function readLayers(): Promise<Layer[]> {
  const text = await readFile(join(ROOT, "CONTRIBUTING.md"), "utf8")
  const [section = ""] = text.slice(text.indexOf("\n## Layers\n") + 1).split(/^## (?!Layers)/m)
  return [...section.matchAll(/^\| `(\S+)` \|.*\|(.*)\|$/gm)].map(([, name = "", apart = ""]) => ({
    name,
    apart: [...apart.matchAll(/`(\S+)`/g)].map(([, other = ""]) => other),
  }))
}

export function mayImport(layers: readonly Layer[], from: Layer, to: Layer): boolean {
  return layers.indexOf(to) <= layers.indexOf(from) && !from.apart.includes(to.name)
}

/** Prints the rules as the linter takes them. */
export function printRules(layers: readonly Layer[]): string {
  const path = ({ name }: Layer) => (name.endsWith(".ts") ? name : `${name}/**`)
  const overrides = layers.flatMap((from) => {
    const group = layers.filter((to) => !mayImport(layers, from, to)).map((to) => `**/${path(to)}`)
    if (group.length === 0) return []
    const message = `${from.name} may not import it: see the layers in CONTRIBUTING.md`
    const rules = {
      style: { noRestrictedImports: { level: "error", options: { patterns: [{ group, message }] } } },
    }
    return [{ includes: [`src/${path(from)}`], linter: { rules } }]
  })
  return `{"overrides":[\n${overrides.map((each) => JSON.stringify(each)).join(",\n")}\n]}\n`
}

if (import.meta.main) await writeFile(join(ROOT, RULES_FILE), printRules(await readLayers()))
