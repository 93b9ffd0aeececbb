import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from "yaml"
import { invalidCompose, printPlace } from "./compose-error.ts"

/** Where something stands in a compose file, from its root. */
export type ComposePlace = readonly string[]

/** As many as Compose looks at: with aliases of aliases there may be more of them than bytes. */
const MAX_NODES = 100_000

/**
 * Takes Compose's own tags (compose-spec, Merge) out of a document, and says what of the files before it they take away: `!reset`
 * removes a key, here and there, `!override` replaces what stands there instead of merging. Throws `INVALID_COMPOSE_FILE` for a tag
 * where Compose itself does nothing, or nothing that can be told: within a list, at the root, and within an `!override`.
 */
export function takeTags(document: Document.Parsed, path: string): ComposePlace[] {
  return hasTags(document) ? new ComposeTags(document, path).take() : []
}

function hasTags(document: Document.Parsed): boolean {
  let isFound = false
  visit(document, {
    Node(_, node) {
      isFound = tagOf(node) !== undefined
      return isFound ? visit.BREAK : undefined
    },
  })
  return isFound
}

class ComposeTags {
  readonly #document: Document.Parsed
  readonly #path: string
  readonly #places: ComposePlace[] = []
  readonly #removed = new Map<YAMLMap, Set<unknown>>()
  /** What is being looked into: an alias of it leads in a circle, which is refused where the document is read. */
  readonly #open = new Set<unknown>()
  #visits = 0

  constructor(document: Document.Parsed, path: string) {
    this.#document = document
    this.#path = path
  }

  take(): ComposePlace[] {
    const root = this.#document.contents
    if (tagOf(root) !== undefined) throw this.#refuse(root, [], "stands at the root of the file")
    this.#visit(root, [], "")
    for (const [mapping, pairs] of this.#removed) {
      mapping.items = mapping.items.filter((pair) => !pairs.has(pair))
    }
    return this.#places
  }

  /** `within` says what the node is a part of, where no tag may stand. */
  #visit(node: unknown, place: ComposePlace, within: string): void {
    if (++this.#visits > MAX_NODES) {
      const reason = `it has more than ${MAX_NODES} nodes, where those of an alias count each time`
      throw invalidCompose(this.#path, reason, "use fewer aliases")
    }
    const target = this.#resolve(node)
    if (this.#open.has(target)) return
    this.#open.add(target)
    if (isSeq(target)) this.#visitItems(target.items, place, within === "" ? "stands within a list" : within)
    if (isMap(target)) for (const pair of target.items) this.#visitPair(target, pair, place, within)
    this.#open.delete(target)
  }

  #visitItems(items: readonly unknown[], place: ComposePlace, within: string): void {
    for (const item of items) {
      const target = this.#resolve(item)
      if (tagOf(target) !== undefined) throw this.#refuse(target, place, within)
      this.#visit(item, place, within)
    }
  }

  #visitPair(mapping: YAMLMap, pair: Pair, place: ComposePlace, within: string): void {
    const key = isScalar(pair.key) ? pair.key.value : pair.key
    // The parser's name of `<<`: what is merged stands at the same place.
    if (typeof key === "symbol") {
      for (const part of this.#mergedBy(pair.value)) this.#visit(part, place, within)
      return
    }
    const inner = [...place, String(key)]
    const tag = tagOf(this.#resolve(pair.value))
    if (tag === undefined) {
      this.#visit(pair.value, inner, within)
      return
    }
    if (within !== "") throw this.#refuse(this.#resolve(pair.value), inner, within)
    this.#places.push(inner)
    if (tag === "!reset") {
      const removed = this.#removed.get(mapping) ?? new Set()
      this.#removed.set(mapping, removed.add(pair))
    } else {
      this.#visit(pair.value, inner, "stands within an !override")
    }
  }

  #mergedBy(value: unknown): unknown[] {
    const target = this.#resolve(value)
    return isSeq(target) ? target.items : [target]
  }

  #refuse(node: unknown, place: ComposePlace, reason: string): Error {
    const where = place.length === 0 ? "" : `${printPlace(place)}: `
    return invalidCompose(
      this.#path,
      `${where}${tagOf(node)} ${reason}, where Compose does not heed it`,
      'put it behind a key of a mapping, as in `ports: !override ["8080:80"]`',
    )
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node
  }
}

function tagOf(node: unknown): "!reset" | "!override" | undefined {
  const { tag } = (node ?? {}) as Partial<Node>
  return tag === "!reset" || tag === "!override" ? tag : undefined
}
