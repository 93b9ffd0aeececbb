import { type Document, isAlias, isNode, isPair, isScalar, type Node, visit } from "yaml"
import { invalidCompose, printPlace } from "./compose-error.ts"

const YAML = "tag:yaml.org,2002:"

/** What a tag makes of a value; all others make what JSON does not have, as a set or bytes, or what only programs know. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  [`${YAML}str`]: (value) => typeof value === "string",
  [`${YAML}int`]: (value) => typeof value === "number",
  [`${YAML}float`]: (value) => typeof value === "number",
  [`${YAML}bool`]: (value) => typeof value === "boolean",
  [`${YAML}null`]: (value) => value === null,
  [`${YAML}map`]: () => true,
  [`${YAML}seq`]: () => true,
  "!": () => true,
  // Compose's own.
  "!reset": () => true,
  "!override": () => true,
}

/**
 * Checks that all in a document is what JSON has too: texts, numbers, truth values, null, lists, and mappings with keys of one line.
 * Throws `INVALID_COMPOSE_FILE` naming the place for a tag that makes something else, for a key that is a mapping, a list or an alias,
 * and for an alias of what it stands in.
 */
export function checkNodes(document: Document.Parsed, path: string): void {
  const anchors = new Map<string, Node>()
  visit(document, {
    Alias(_, { source }, parents) {
      const target = anchors.get(source)
      if (target === undefined || !parents.includes(target)) return
      const reason = `*${source} stands in a circle, within what &${source} marks`
      throw refuse(path, parents, reason, "write out what is meant")
    },
    Pair(_, { key }, parents) {
      if (!isNode(key) || isScalar(key)) return
      const what = isAlias(key) ? "an alias" : "a list or a mapping"
      throw refuse(path, parents, `a key is ${what}, and should be a text`, "write the key as a text")
    },
    Node(_, node, parents) {
      if (isAlias(node)) return
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const { tag } = node
      if (tag === undefined || PLAIN[tag]?.(isScalar(node) ? node.value : undefined)) return
      const name = tag.startsWith(YAML) ? `!!${tag.slice(YAML.length)}` : tag
      const reason = `${name.slice(0, 80)} stands for no plain value, which a release could keep`
      throw refuse(
        path,
        parents,
        reason,
        "write it as a text, a number, a list or a mapping, without that tag",
      )
    },
  })
}

function refuse(path: string, parents: readonly unknown[], reason: string, hint: string): Error {
  const place = parents.flatMap((parent) =>
    isPair(parent) && isScalar(parent.key)
      ? [(parent.key.source ?? String(parent.key.value)).slice(0, 80)]
      : [],
  )
  return invalidCompose(path, place.length === 0 ? reason : `${printPlace(place)}: ${reason}`, hint)
}
