import type { ScalarTag } from "yaml"

// Compose's own parser (go-yaml 3, resolve.go) reads some plain numbers as YAML 1.1 does, and all others as YAML 1.2: it leaves out
// every `_`, takes 0 in front of digits for octal, and knows a sign and 0b in front of all.

const octal = /^[-+]?0[0-7]+$/

const integer =
  /^(?=[-+]?0_*[xXbBoO]|.*_)(?:[-+]_*)?(?:0_*(?:[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|[bB]_*[01][01_]*|[oO]_*[0-7][0-7_]*)|[0-9][0-9_]*)$/

const float =
  /^(?=.*_)(?:[-+]_*(?:\._*[0-9][0-9_]*|[0-9][0-9_]*\.?[0-9_]*)|[0-9][0-9_]*\.?[0-9_]*)(?:[eE]_*[-+]?_*[0-9][0-9_]*)?$/

/** What numbers are in a compose file, before what YAML 1.2 says. */
export const composeNumbers: readonly ScalarTag[] = [
  { tag: "tag:yaml.org,2002:int", default: true, test: octal, resolve: parseInteger },
  { tag: "tag:yaml.org,2002:int", default: true, test: integer, resolve: parseInteger },
  {
    tag: "tag:yaml.org,2002:float",
    default: true,
    test: float,
    resolve: (text) => Number(text.replaceAll("_", "")),
  },
]

/** Whether a plain text stands for an integer, and for no number with a fraction or an exponent. */
export function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text) || /^[-+]?0[xo][\da-f]+$/i.test(text) || integer.test(text)
}

function parseInteger(text: string): number {
  const [, sign, digits = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "")) ?? []
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return sign === "-" ? -value : value
}
