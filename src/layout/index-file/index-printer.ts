import { setImmediate } from "node:timers/promises"
import { REF_NAME } from "../../oci/image-layout.ts"
import { canonicalJson } from "../../oci/json.ts"
import type { Catalog } from "../catalog/catalog.ts"

/** Tags that are printed before others have their turn. */
const PAGE = 500

/**
 * Prints `index.json` as the catalog has it, in canonical JSON (RFC 8785) and page by page: nothing else waits for all of
 * it. `onCount` hears how many tags there are.
 */
export async function* printIndex(
  catalog: Catalog,
  onCount: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const { head } = catalog.index.known()
  const fields = Object.entries({ ...(JSON.parse(head) as object), manifests: undefined }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  let separator = "{"
  for (const [name, value] of fields) {
    yield Buffer.from(`${separator}${JSON.stringify(name)}:`)
    separator = ","
    if (name !== "manifests") yield canonicalJson(value)
    else yield* printEntries(catalog, onCount)
  }
  yield Buffer.from("}")
}

async function* printEntries(catalog: Catalog, onCount: (count: number) => void): AsyncGenerator<Uint8Array> {
  let separator = "["
  const printed = (entries: unknown[]) => {
    const parts = entries.map((entry) => Buffer.from(canonicalJson(entry)).toString())
    const text = parts.length === 0 ? "" : `${separator}${parts.join(",")}`
    if (parts.length > 0) separator = ","
    return Buffer.from(text)
  }
  yield printed(catalog.index.listOthers().map((entry) => JSON.parse(entry) as unknown))
  let count = 0
  for (let last = { repository: "", tag: "" }; ; ) {
    const page = catalog.tags.page(last, PAGE)
    yield printed(page.map(({ repository, tag, entry }) => named(entry, `${repository}:${tag}`)))
    if (page.length < PAGE) break
    last = page.at(-1) ?? last
    count += page.length
    await setImmediate()
  }
  onCount(count)
  yield Buffer.from(separator === "[" ? "[]" : "]")
}

function named(entry: string, name: string): object {
  const { annotations, ...fields } = JSON.parse(entry) as { annotations?: Record<string, string> }
  return { ...fields, annotations: { ...annotations, [REF_NAME]: name } }
}
