/** The variable that gives a seed. */
const VARIABLE = "WAYBILL_TEST_SEED"

/**
 * Numbers from 0 to below 1 that follow from a seed, which is printed: to see a failure again, give it as
 * WAYBILL_TEST_SEED. `name` says what it is for.
 */
export function seededRandom(name: string): () => number {
  const seed = Number(process.env[VARIABLE] ?? Date.now() % 1_000_000)
  console.log(`${name}: ${VARIABLE}=${seed}`)
  let state = seed >>> 0
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
