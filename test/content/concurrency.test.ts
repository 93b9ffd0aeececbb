import { setImmediate } from "node:timers/promises"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { forEachConcurrent } from "../../src/content/concurrency.ts"

describe("work on many items", () => {
  test("is done once for each, with never more than the limit under way, and with all that it allows", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3)), fc.integer({ min: -1, max: 12 }), async (turns, limit) => {
        const done: number[] = []
        let underWay = 0
        let most = 0
        await forEachConcurrent(turns.entries(), limit, undefined, async ([at, waits]) => {
          underWay += 1
          most = Math.max(most, underWay)
          for (let turn = 0; turn <= waits; turn += 1) await setImmediate()
          underWay -= 1
          done.push(at)
        })
        expect(done.sort((a, b) => a - b)).toEqual([...turns.keys()])
        expect(most).toBe(Math.min(turns.length, Math.max(1, limit)))
      }),
      { numRuns: 50 },
    )
  })

  test.for([Number.NaN, 0, 0.5, -1, 1e9, Number.POSITIVE_INFINITY])(
    "is done whatever limit is asked for: %d",
    async (limit) => {
      const done: number[] = []
      await forEachConcurrent([1, 2, 3], limit, undefined, async (item) => void done.push(item))
      expect(done).toEqual([1, 2, 3])
    },
  )

  test("that fails stops the rest, and ends only when they have ended", async () => {
    const ended: number[] = []
    const begun: number[] = []
    const working = forEachConcurrent([1, 2, 3, 4, 5, 6], 3, undefined, async (item, signal) => {
      begun.push(item)
      if (item === 2) throw new Error("two failed")
      await new Promise((resolve) => signal.addEventListener("abort", resolve))
      ended.push(item)
      signal.throwIfAborted()
    })
    await expect(working).rejects.toThrow("two failed")
    expect({ begun, ended }).toEqual({ begun: [1, 2, 3], ended: [1, 3] })
  })

  test("is not begun after an abort", async () => {
    const signal = AbortSignal.abort(new Error("changed my mind"))
    const begun: number[] = []
    const working = forEachConcurrent([1, 2], 2, signal, async (item) => void begun.push(item))
    await expect(working).rejects.toThrow("changed my mind")
    expect(begun).toEqual([])
  })

  test("stops on an abort, though no work heeds it", async () => {
    const stop = new AbortController()
    const begun: number[] = []
    const working = forEachConcurrent([1, 2, 3, 4], 1, stop.signal, async (item) => {
      begun.push(item)
      if (item === 2) stop.abort(new Error("changed my mind"))
    })
    await expect(working).rejects.toThrow("changed my mind")
    expect(begun).toEqual([1, 2])
  })

  test("whose items fail stops the rest too, and ends only when they have ended", async () => {
    const items = function* () {
      yield 1
      throw new Error("no more items")
    }
    let ended = false
    const working = forEachConcurrent(items(), 2, undefined, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve))
      ended = true
    })
    await expect(working).rejects.toThrow("no more items")
    expect(ended).toBe(true)
  })
})
