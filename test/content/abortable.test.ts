import { describe, expect, test } from "vitest"
import { abortable } from "../../src/content/abortable.ts"

const collected = async (chunks: AsyncIterable<number>) => {
  const seen: number[] = []
  for await (const chunk of chunks) seen.push(chunk)
  return seen
}

describe("a stream that can be aborted", () => {
  test("passes on as it is while nobody aborts", async () => {
    const numbers = async function* () {
      yield* [1, 2, 3]
    }
    expect(await collected(abortable(numbers(), undefined))).toEqual([1, 2, 3])
    expect(await collected(abortable(numbers(), new AbortController().signal))).toEqual([1, 2, 3])
  })

  test("is not begun after an abort", async () => {
    let begun = false
    const numbers = async function* () {
      begun = true
      yield 1
    }
    await expect(collected(abortable(numbers(), AbortSignal.abort(new Error("no"))))).rejects.toThrow("no")
    expect(begun).toBe(false)
  })

  test("ends though its source hangs", async () => {
    const stop = new AbortController()
    const hanging = async function* () {
      yield 1
      stop.abort(new Error("enough"))
      await new Promise(() => {})
    }
    await expect(collected(abortable(hanging(), stop.signal))).rejects.toThrow("enough")
  })

  test("closes a source that waits, on an abort and when the reader leaves", async () => {
    let closed = 0
    const numbers = async function* () {
      try {
        yield* [1, 2, 3]
      } finally {
        closed += 1
      }
    }
    const stop = new AbortController()
    const reading = (async () => {
      for await (const _ of abortable(numbers(), stop.signal)) stop.abort(new Error("enough"))
    })()
    await expect(reading).rejects.toThrow("enough")
    for await (const _ of abortable(numbers(), new AbortController().signal)) break
    expect(closed).toBe(2)
  })

  test("hands on the error of its source", async () => {
    const failing = async function* () {
      yield 1
      throw new Error("connection reset")
    }
    await expect(collected(abortable(failing(), undefined))).rejects.toThrow("connection reset")
  })
})
