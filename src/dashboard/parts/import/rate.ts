/** What the rate is taken of, in milliseconds. */
const SPAN = 5000

/** How quickly bytes move, by the last few seconds. */
export class Rate {
  readonly #samples: { at: number; bytes: number }[] = []

  /** `bytes` in all, at a time in milliseconds; gives bytes per second, `undefined` until that can be told. */
  add(bytes: number, at: number): number | undefined {
    this.#samples.push({ at, bytes })
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > SPAN) this.#samples.shift()
    const [first] = this.#samples
    const time = at - (first?.at ?? at)
    return first === undefined || time < 500 ? undefined : ((bytes - first.bytes) / time) * 1000
  }
}
