import { readFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { describeError } from "../../src/errors/describe.ts"
import { WaybillError } from "../../src/errors/waybill-error.ts"

describe("an error as a person reads it", () => {
  test("has its code, message and hint, without secrets", () => {
    const error = new WaybillError("REFUSED", "https://u:hunter2@host refused", {
      hint: "try https://u:hunter2@other",
    })
    expect(describeError(error)).toEqual({
      code: "REFUSED",
      message: "https://***@host refused",
      hint: "try https://***@other",
    })
  })

  test("steers no terminal, whatever name got into it", () => {
    const error = new WaybillError("REFUSED", "\u001b[2J\u009b1m refused", { hint: "try \u202e" })
    expect(describeError(error)).toMatchObject({
      message: "\\u001b[2J\\u009b1m refused",
      hint: "try \\u202e",
    })
  })

  test("of the system says what to do about it", async () => {
    const error = await readFile("/no/such/file").catch((thrown: unknown) => thrown)
    expect(describeError(error)).toMatchObject({ code: "ENOENT", hint: "check the path" })
  })

  test.for([
    ["a bug", new TypeError("x is not a function"), "x is not a function"],
    ["a text", "Bearer abcd1234", "Bearer ***"],
    ["nothing", undefined, "undefined"],
    ["an object without prototype", Object.create(null), expect.any(String)],
  ])("comes of anything thrown: %s", ([, thrown, message]) => {
    expect(describeError(thrown)).toEqual({ code: "INTERNAL", message, hint: undefined })
  })

  test("knows its class and its cause", () => {
    class LoadError extends WaybillError<"TOO_HEAVY"> {}
    const cause = new Error("the reason")
    const error = new LoadError("TOO_HEAVY", "too heavy", { cause })
    expect(error).toMatchObject({ name: "LoadError", code: "TOO_HEAVY", hint: undefined, cause })
    expect("cause" in new LoadError("TOO_HEAVY", "too heavy")).toBe(false)
  })
})
