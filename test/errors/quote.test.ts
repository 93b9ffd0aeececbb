import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { escapeControls, quote, quoteUnlessPlain } from "../../src/errors/quote.ts"

const steering = /[\p{Cc}\p{Bidi_Control}]/u

describe("untrusted text in a message", () => {
  test.for([
    ["clears no screen", "a\u001b[2J", '"a\\u001b[2J"'],
    ["forges no second line", "a\nerror: b", '"a\\nerror: b"'],
    ["does not turn around what follows", "a\u202eb", '"a\\u202eb"'],
    ["ends its quotes by no quote of its own", 'a"b', '"a\\"b"'],
    ["holds no half character", "a\ud800", '"a\ufffd"'],
  ])("%s", ([, text = "", quoted]) => {
    expect(quote(text)).toBe(quoted)
    expect(quoteUnlessPlain(text)).toBe(text === 'a"b' ? text : quoted)
  })

  test("is cut where it is long", () => {
    expect(quote("a".repeat(1_000_000))).toHaveLength(203)
    expect(quoteUnlessPlain("a".repeat(1_000_000))).toHaveLength(203)
  })

  test("never steers a terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(quote(text)).not.toMatch(steering)
        expect(quoteUnlessPlain(text)).not.toMatch(steering)
        expect(escapeControls(text).replaceAll(/[\n\t]/g, "")).not.toMatch(steering)
      }),
    )
  })

  test("keeps the lines of a message that has several", () => {
    expect(escapeControls("a\n\tb\r\u0007")).toBe("a\n\tb\\u000d\\u0007")
  })
})
