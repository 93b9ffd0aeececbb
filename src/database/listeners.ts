import type { Change } from "../fleet/change-feed.ts"

type Listener = (change: Change) => void

/** Who is told of changes. What tells them is there as long as anybody listens. */
export class Listeners {
  readonly #all = new Set<Listener>()
  readonly #begin: () => Promise<void>
  readonly #end: () => void
  #begun: Promise<void> | undefined

  constructor(begin: () => Promise<void>, end: () => void) {
    this.#begin = begin
    this.#end = end
  }

  async add(listener: Listener): Promise<() => void> {
    // Two that listen alike are two.
    const own: Listener = (change) => listener(change)
    this.#all.add(own)
    const remove = () => {
      if (!this.#all.delete(own) || this.#all.size > 0) return
      this.#begun = undefined
      this.#end()
    }
    this.#begun ??= this.#begin()
    try {
      await this.#begun
    } catch (error) {
      remove()
      throw error
    }
    return remove
  }

  tell(changes: readonly Change[]): void {
    for (const change of changes) for (const listener of this.#all) listener(change)
  }
}
