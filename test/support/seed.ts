import { inject } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"

/**
 * Numbers from 0 to below 1 that follow from the seed of the run, which is printed: to see a failure again, give it as
 * `WAYBILL_TEST_SEED`. `name` says what they are for, and makes them differ from others.
 */
export function seededRandom(name: string): () => number {
  const [, hex = ""] = digestOf(Buffer.from(`${inject("seed")} ${name}`)).split(":")
  let state = Number.parseInt(hex.slice(0, 8), 16)
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
