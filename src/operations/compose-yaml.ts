import { type ScalarTag, stringify } from "yaml"

/** What stands in double quotes as JSON writes them and is not read so: line breaks of YAML 1.1, and what it cannot print. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

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
 * Prints a JSON value as YAML that readers of YAML 1.1 and 1.2 take for that very value: every text is quoted, keys as well, since what an
 * unquoted one is taken for differs between them (`yes`, `2024-01-01`, `22:22`, `0o7`, `=`). Dollar signs stay as they are: a composition
 * is kept as its compose file wrote it, `$$` and variables included.
 */
export function printYaml(value: Readonly<Record<string, unknown>>): string {
  const text = stringify(value, {
    aliasDuplicateObjects: false,
    lineWidth: 0,
    defaultStringType: "QUOTE_DOUBLE",
    doubleQuotedAsJSON: true,
    customTags: (tags) => [exponential, ...tags],
  })
  return text.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
