import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { canonicalJson, isCanonicalJson, MAX_DOCUMENT_SIZE, parseJson } from "../../src/oci/json.ts"
import { catchError } from "./catch-error.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const print = (value: unknown) => new TextDecoder().decode(canonicalJson(value))

describe("canonical JSON (RFC 8785)", () => {
  test("is the example of section 3.2.4, to the byte", () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(print(JSON.parse(text))).toBe(
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
    )
  })

  test("sorts keys by their UTF-16 units, as in the example of section 3.2.3", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"]
    const value = Object.fromEntries(keys.map((key) => [key, 0]))
    expect(Object.keys(JSON.parse(print(value)))).toEqual([
      "1",
      "\r",
      "\u0080",
      "\u00f6",
      "\u20ac",
      "\ud83d\ude00",
      "\ufb33",
    ])
  })

  // RFC 8785, appendix B: IEEE 754 bits and what they are written as.
  test.for([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
  ])("writes the number %s as %s", ([hex = "", text]) => {
    expect(print(Buffer.from(hex, "hex").readDoubleBE())).toBe(text)
  })

  test.for<[string, unknown]>([
    ["NaN", Number.NaN],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["a bigint", 1n],
    ["nothing", undefined],
    ["a function", () => 1],
  ])("cannot say %s", ([, value]) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({
        code: "INVALID_DOCUMENT",
        message: expect.stringMatching(/^the value cannot be written as JSON/),
      }),
    )
  })

  test("cannot say a circle", () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const error = catchError(() => canonicalJson(circle))
    expect(error.message).toMatch(/^the value cannot be written as JSON: .*ircular/)
    expect(error.cause).toBeInstanceOf(Error)
  })

  test("says the same value, is recognised, and comes out the same again", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = canonicalJson(value)
        expect(JSON.parse(new TextDecoder().decode(written))).toEqual(JSON.parse(JSON.stringify(value)))
        expect(isCanonicalJson(written)).toBe(true)
        expect(canonicalJson(JSON.parse(new TextDecoder().decode(written)))).toEqual(written)
      }),
    )
  })

  test("is told from the same value written in another way", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isCanonicalJson(bytes(JSON.stringify(value, null, 1)))).toBe(
          print(value) === JSON.stringify(value, null, 1),
        )
      }),
    )
  })

  test.for([
    ["a space", '{"a": 1}'],
    ["keys out of order", '{"b":1,"a":2}'],
    ["a key twice", '{"a":1,"a":1}'],
    ["a number with a needless zero", "1.0"],
    ["a number that has no double", "9007199254740993"],
    ["a needless escape", String.raw`"\u0041"`],
    ["an escape in upper case", String.raw`"\u000F"`],
    ["a line end behind it", "{}\n"],
    ["a byte order mark", "\ufeff{}"],
    ["nothing", ""],
    ["no JSON", "{"],
  ])("is not what has %s", ([, text = ""]) => {
    expect(isCanonicalJson(bytes(text))).toBe(false)
  })

  test("is not what is not UTF-8", () => {
    expect(isCanonicalJson(Uint8Array.of(0x22, 0xff, 0x22))).toBe(false)
  })
})

describe("untrusted JSON", () => {
  const schema = z.object({ name: z.string(), more: z.object({ count: z.int() }).optional() })

  test.for([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a comment", "{} // hello"],
    ["a byte order mark", '\ufeff{"name":"a"}'],
    ["a list", "[]"],
    ["null", "null"],
    ["depth without end", "[".repeat(1_000_000)],
    ["depth with an end", "[".repeat(1_000_000) + "]".repeat(1_000_000)],
    ["depth in a field", `{"name":${"[".repeat(500_000)}${"]".repeat(500_000)}}`],
  ])("that has %s is refused, and the document named", ([, text = ""]) => {
    expect(() => parseJson(bytes(text), "release.json", schema)).toThrow(
      expect.objectContaining({
        code: "INVALID_DOCUMENT",
        message: expect.stringMatching(/^release\.json is not valid/),
      }),
    )
  })

  test("that is not UTF-8 is refused", () => {
    const text = Buffer.from('{"name":"\xff"}', "latin1")
    expect(() => parseJson(text, "it", schema)).toThrow(expect.objectContaining({ code: "INVALID_DOCUMENT" }))
  })

  test("is refused with the place that does not fit", () => {
    expect(() => parseJson(bytes('{"name":"a","more":{"count":"7"}}'), "it", schema)).toThrow(
      /^it is not valid: more\.count: /,
    )
  })

  test("of another kind altogether is refused as the document", () => {
    expect(() => parseJson(bytes("[]"), "it", schema)).toThrow(/^it is not valid: the document: /)
  })

  test("keeps what the parser said as the cause", () => {
    expect(catchError(() => parseJson(bytes("{"), "it", schema)).cause).toBeInstanceOf(SyntaxError)
  })

  test("is refused with a place that is short and steers no terminal", () => {
    const schema = z.record(z.string(), z.number())
    for (const key of ["\u001b[2J", "a".repeat(1_000_000)]) {
      const message = expect.stringMatching(/^it is not valid: "(\\u001b\[2J|a{200}…)": /)
      expect(() => parseJson(bytes(JSON.stringify({ [key]: "" })), "it", schema)).toThrow(
        expect.objectContaining({ message }),
      )
    }
  })

  test("is read up to 4 MiB, and not a byte further", () => {
    const fitting = bytes(`{"name":"${"a".repeat(MAX_DOCUMENT_SIZE - 11)}"}`)
    expect(fitting).toHaveLength(MAX_DOCUMENT_SIZE)
    expect(parseJson(fitting, "it", schema).name).toHaveLength(MAX_DOCUMENT_SIZE - 11)
    const over = bytes(`{"name":"${"a".repeat(MAX_DOCUMENT_SIZE - 10)}"}`)
    expect(() => parseJson(over, "it", schema)).toThrow(/4194305 bytes; at most 4194304/)
    expect(parseJson(over, "it", schema, over.length).name).toHaveLength(MAX_DOCUMENT_SIZE - 10)
  })

  test.each([
    ["lists", "[", "]"],
    ["objects", '{"a":', "}"],
  ])("is read with 256 levels of %s in each other, and with no more", (_, open, close) => {
    const nested = (levels: number) => bytes(`${open.repeat(levels - 1)}{}${close.repeat(levels - 1)}`)
    expect(() => parseJson(nested(256), "it", z.json())).not.toThrow()
    for (const levels of [257, 500_000]) {
      expect(() => parseJson(nested(levels), "it", z.json())).toThrow(
        expect.objectContaining({
          code: "INVALID_DOCUMENT",
          message: expect.stringContaining("it is nested too deeply, at most 256 levels"),
        }),
      )
    }
  })

  test("is read with any number of brackets in its texts", () => {
    const text = `${'\\"[{'.repeat(1000)}\\`
    expect(parseJson(bytes(JSON.stringify({ [text]: text })), "it", z.json())).toEqual({ [text]: text })
  })

  test("cannot reach the prototype of anything", () => {
    const loose = z.looseObject({ map: z.record(z.string(), z.string()).optional() })
    const text =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"map":{"__proto__":"x"}}'
    const parsed: Record<string, unknown> = parseJson(bytes(text), "it", loose)
    expect(parsed.polluted).toBeUndefined()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
  })
})
