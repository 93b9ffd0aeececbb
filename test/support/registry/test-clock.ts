import type { Clock } from "../../../src/http/clock.ts"

/** A clock that jumps instead of waiting, and remembers how long it was to wait. */
export class TestClock implements Clock {
  /** Milliseconds. */
  readonly waits: number[] = []
  time = Date.parse("2026-01-01T00:00:00Z")

  readonly now = (): number => this.time

  readonly random = (): number => 0.5

  readonly sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted()
    this.waits.push(milliseconds)
    this.time += milliseconds
  }
}
