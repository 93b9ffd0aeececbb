import { type ScalarTag, stringify } from "yaml"

/**
 * Begins with a letter and holds nothing that means something in YAML: a text to every reader, unless it is one of their words, or
 * `E0`, which some take for a number.
 */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null|e[-\d_]+)$)[a-z](?:[\w./@:-]*[\w/])?$/i

/** What stands in double quotes as JSON writes them and is not read so: line breaks of YAML 1.1, and what it cannot print. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

const text: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  identify: (value) => typeof value === "string",
  resolve: String,
  stringify: ({ value }) => (PLAIN.test(String(value)) ? String(value) : quoted(String(value))),
}

/** Without a point, `1e+21` is a text to readers of YAML 1.1. */
const exponential: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => typeof value === "number" && /^-?\d+e/.test(String(value)),
  test: /^-?\d+\.0e[-+]\d+$/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace("e", ".0e"),
}

/**
 * Prints a JSON value as YAML that readers of YAML 1.1 and 1.2 take for that very value: every text that is no plain word or path is
 * quoted, keys as well, since what an unquoted one is taken for differs between them (`yes`, `2024-01-01`, `22:22`, `0o7`, `=`). Dollar
 * signs stay as they are: a composition is kept as its compose file wrote it, `$$` and variables included.
 */
export function printYaml(value: Readonly<Record<string, unknown>>): string {
  return stringify(value, {
    aliasDuplicateObjects: false,
    lineWidth: 0,
    customTags: (tags) => [text, exponential, ...tags],
  })
}

function quoted(value: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  return JSON.stringify(value).replaceAll(UNSAFE, escaped)
}
