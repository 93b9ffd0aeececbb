import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { verified } from "../../src/content/verifying-reader.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { readAll, sample } from "../support/content/sample-content.ts"

async function* stream(...chunks: (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk
}

/** What comes through before the end or the error, and the error. */
async function drain(chunks: AsyncIterable<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  let text = ""
  try {
    for await (const chunk of chunks) text += Buffer.from(chunk).toString("latin1")
    return { text }
  } catch (error) {
    return { text, error }
  }
}

describe("reading with a check", () => {
  const { descriptor } = sample("hello world")

  test.for([
    ["in one piece", ["hello world"]],
    ["in many", ["h", "ello", " wor", "ld"]],
    ["with empty pieces between", ["", "hello", "", "", " world", ""]],
  ] as const)("passes right content on: %s", async ([, chunks]) => {
    expect(await drain(verified(descriptor, stream(...chunks), "it"))).toEqual({ text: "hello world" })
  })

  test("passes on nothing of nothing", async () => {
    for (const algorithm of ["sha256", "sha512"] as const) {
      const empty = sample("", undefined, algorithm).descriptor
      expect(await drain(verified(empty, stream(), "it"))).toEqual({ text: "" })
      expect(await drain(verified(empty, stream("", ""), "it"))).toEqual({ text: "" })
    }
  })

  test.for<[string, string, string, string[]]>([
    ["one byte is another", "DIGEST_MISMATCH", "hello ", ["hello ", "wOrld"]],
    ["an early byte is another", "DIGEST_MISMATCH", "Hello ", ["Hello ", "world"]],
    ["pieces changed places", "DIGEST_MISMATCH", "world", ["world", "hello "]],
    ["an empty piece would push the last one out", "DIGEST_MISMATCH", "hello ", ["hello ", "wOrld", ""]],
    ["it ends early", "SIZE_MISMATCH", "", ["hello worl"]],
    ["it ends at once", "SIZE_MISMATCH", "", []],
    ["it goes on", "SIZE_MISMATCH", "hello", ["hello", " world", "!"]],
    ["it goes on in the last piece", "SIZE_MISMATCH", "", ["hello", " world!"]],
    ["it goes on though it was right", "SIZE_MISMATCH", "", ["hello world", "hello world"]],
  ])("ends in an error, before the last bytes, when %s", async ([, code, text, chunks]) => {
    const { text: seen, error } = await drain(verified(descriptor, stream(...chunks), "shelf 7"))
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining("shelf 7"),
      hint: expect.any(String),
    })
    expect(seen).toBe(text)
  })

  test("of sha512 needs sha512", async () => {
    const long = sample("hello world", undefined, "sha512").descriptor
    expect(await drain(verified(long, stream("hello world"), "it"))).toEqual({ text: "hello world" })
    const { error } = await drain(verified(long, stream("hello worlD"), "it"))
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH" })
  })

  test("gives the source's own advice where it has some", async () => {
    const { error } = await drain(
      verified(descriptor, stream("hello"), "it", { hint: "look under the shelf" }),
    )
    expect(error).toMatchObject({ hint: "look under the shelf" })
  })

  test("stops an endless source as soon as it is too long, and closes it", async () => {
    let given = 0
    let closed = false
    const endless = async function* () {
      try {
        while (true) {
          given += 1
          yield Buffer.from("hello")
        }
      } finally {
        closed = true
      }
    }
    const { error } = await drain(verified(descriptor, endless(), "it"))
    expect(error).toMatchObject({ code: "SIZE_MISMATCH" })
    expect({ given, closed }).toEqual({ given: 3, closed: true })
  })

  test("closes the source when the reader leaves", async () => {
    let closed = false
    const source = async function* () {
      try {
        yield Buffer.from("hello ")
        yield Buffer.from("world")
      } finally {
        closed = true
      }
    }
    for await (const _ of verified(descriptor, source(), "it")) break
    expect(closed).toBe(true)
  })

  test("hands on the error of the source", async () => {
    const failing = async function* () {
      yield Buffer.from("hello ")
      throw new Error("connection reset")
    }
    expect(await drain(verified(descriptor, failing(), "it"))).toMatchObject({
      error: { message: "connection reset" },
    })
  })

  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })

  test("gives any content as it is, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (chunks) => {
        const bytes = Buffer.concat(chunks)
        const whole = sample(bytes).descriptor
        expect(await readAll(verified(whole, stream(...chunks), "it"))).toEqual(bytes)
      }),
    )
  })

  test("never ends well on other content, and never gives all of it", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.uint8Array({ maxLength: 300 }), async (chunks, promised) => {
        const bytes = Buffer.concat(chunks)
        fc.pre(digestOf(bytes) !== digestOf(promised))
        const { text, error } = await drain(verified(sample(promised).descriptor, stream(...chunks), "it"))
        expect(error).toMatchObject({ code: expect.stringMatching(/^(SIZE|DIGEST)_MISMATCH$/) })
        expect(text.length).toBeLessThan(Math.max(1, bytes.length))
      }),
    )
  })
})
