// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import fc from "fast-check"

/** What readers of YAML 1.1, of YAML 1.2 or of both take for something else than text, or for none at all, unless it is quoted. */
export const TRICKY: readonly string[] = [
  ..."~ null Null NULL true True FALSE yes Yes no NO on off y N".split(" "),
  ..."0 -0 +1 1.10 1e3 1E+3 .5 1. 1_000 0_ 010 0o7 0b1 0x1F 1:30 22:22 1:2:3.4 E0 e-1 .inf -.INF .nan".split(
    " ",
  ),
  ..."2024-01-01 2024-01-01T00:00:00Z = << --- ... - ? : a: #a &a *a !a | > @a `a [ ] { } ,".split(" "),
  ..."' \" \\ \\n 'a' \"a\" $ $$ $A ${A:-b}".split(" "),
  ...[
    "",
    " a",
    "a ",
    "- a",
    "? a",
    "a: b",
    "a #b",
    "!!int 1",
    "%YAML 1.1",
    "{a: 1}",
    "2024-1-1 1:2:3 +01:00",
  ],
  ...["\ta", "a\t", "\n", "a\n", "\na", "a\n\nb", "a\n b", "a\r", "a\r\nb"],
  ...["\u0085", "a\u0085b", "\u2028", "a\u2029b", "\ufeff", "a\ufeff", "\u00a0"],
  ...["\u007f", "\u001b[0m", "\ufffe", "\uffff", "\u{1f6a2}"],
  "x".repeat(2000),
]

const piece = fc.oneof(fc.constantFrom(...TRICKY), fc.string({ unit: "binary", maxLength: 4 }))

/** Texts without NUL, which no release may hold. */
export const texts = fc
  .oneof(
    fc.constantFrom(...TRICKY),
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."0123456789:.-_+eExobTZ ") }),
    fc.string({ unit: fc.constantFrom(..."aeflnorstuyNOTY1:./@-_ ") }),
    fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join("")),
  )
  .map((text) => text.replaceAll("\0", ""))

const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
)

/** JSON, with such texts as values, and with these as keys. */
export function documents(keys: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      texts,
      numbers,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
    ),
  }))
  return fc.dictionary(keys, value)
}
