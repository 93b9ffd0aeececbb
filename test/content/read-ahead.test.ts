import { setImmediate } from "node:timers/promises"
import { expect, test } from "vitest"
import { ReadAhead } from "../../src/content/read-ahead.ts"

/** Chunks of ten bytes that are counted when they are asked for, and whether the source was let go of. */
function countedSource(count: number, failAt = Number.POSITIVE_INFINITY) {
  const state = { asked: 0, isReleased: false }
  const chunks = (async function* () {
    try {
      for (let at = 0; at < count; at++) {
        state.asked++
        if (at === failAt) throw new Error("the source broke")
        yield new Uint8Array(10).fill(at)
      }
    } finally {
      state.isReleased = true
    }
  })()
  return { state, chunks }
}

/** Until nothing more happens that waits for nobody. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate()
}

test("content is read before anybody asks, up to the limit and no further", async () => {
  const { state, chunks } = countedSource(100)
  const reading = new ReadAhead(chunks, 35)
  await settled()
  expect(state.asked).toBe(4)
  const given = reading[Symbol.asyncIterator]()
  expect((await given.next()).value).toEqual(new Uint8Array(10).fill(0))
  await settled()
  expect(state.asked).toBe(5)
  await reading.stop()
  expect(state).toEqual({ asked: 5, isReleased: true })
})

test("content comes whole and in order, however small the limit", async () => {
  for (const limit of [1, 10, 35, 1_000_000]) {
    const { chunks } = countedSource(20)
    const given = await Array.fromAsync(new ReadAhead(chunks, limit), ([first]) => first)
    expect(given).toEqual(Array.from({ length: 20 }, (_, at) => at))
  }
})

test("a failure comes behind what was read before it, and nobody else has to hear it", async () => {
  const { chunks } = countedSource(20, 3)
  const reading = new ReadAhead(chunks, 1000)
  await settled()
  const given: (number | undefined)[] = []
  const all = async () => {
    for await (const [first] of reading) given.push(first)
  }
  await expect(all()).rejects.toThrow("the source broke")
  expect(given).toEqual([0, 1, 2])
  await reading.stop()
})

test("a source that is stopped while nobody reads is let go of", async () => {
  const { state, chunks } = countedSource(100)
  const reading = new ReadAhead(chunks, 20)
  await settled()
  await reading.stop()
  expect(state.isReleased).toBe(true)
  expect(state.asked).toBe(2)
})
