import { describe, expect, test } from "vitest"
import { NetworkError } from "../../src/http/network-error.ts"
import { RetryPolicy, withRetry } from "../../src/http/retry.ts"
import { parseRetryAfter } from "../../src/http/retry-after.ts"
import { TestClock } from "../support/registry/test-clock.ts"

const now = Date.parse("2026-01-01T00:00:00Z")

test.each([
  ["120", 120_000],
  [" 0 ", 0],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-1", undefined],
  ["1e9", undefined],
  ["99999999999999", undefined],
  ["", undefined],
  [undefined, undefined],
])("Retry-After: %s is a wait of %s milliseconds", (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected)
})

describe("trying again", () => {
  const failure = (details: object) =>
    new NetworkError("CONNECTION_LOST", "no", { transient: true, ...details })
  const attempt = (policy: RetryPolicy, error: unknown, reached = true) => {
    const tries = { count: 0 }
    const run = withRetry(policy, { reached: () => reached }, async () => {
      tries.count++
      throw error
    })
    return { run, tries }
  }

  test("waits longer each time, with jitter, up to a bound, and gives up", async () => {
    const clock = new TestClock()
    const policy = new RetryPolicy(clock, { attempts: 7, baseDelay: 100, maxDelay: 1000 })
    const error = failure({})
    await expect(attempt(policy, error).run).rejects.toBe(error)
    expect(clock.waits).toEqual([75, 150, 300, 600, 750, 750])
  })

  test("never happens for what trying cannot mend", async () => {
    const clock = new TestClock()
    const policy = new RetryPolicy(clock)
    for (const error of [new Error("bug"), failure({ transient: false })]) {
      const { run, tries } = attempt(policy, error)
      await expect(run).rejects.toBe(error)
      expect(tries.count).toBe(1)
    }
  })

  test("is short where a server has never been reached", async () => {
    const policy = new RetryPolicy(new TestClock())
    const error = new NetworkError("UNREACHABLE", "no", { transient: true, unsent: true })
    const never = attempt(policy, error, false)
    await expect(never.run).rejects.toBe(error)
    expect(never.tries.count).toBe(2)
    const before = attempt(policy, error, true)
    await expect(before.run).rejects.toBe(error)
    expect(before.tries.count).toBe(6)
  })

  test("is not done at once for a server that asks to wait too long: it says for how long, and keeps the error", async () => {
    const clock = new TestClock()
    const policy = new RetryPolicy(clock, { maxRetryAfter: 60_000 })
    const error = failure({ retryAfter: 61_001, status: 503 })
    await expect(attempt(policy, error).run).rejects.toMatchObject({
      name: "NetworkError",
      code: "CONNECTION_LOST",
      status: 503,
      hint: "the server asks to wait 62 seconds: run the same command again then",
      cause: error,
    })
    expect(clock.waits).toEqual([])
  })

  test("ends with an abort during the wait", async () => {
    const stop = new AbortController()
    const clock = new TestClock()
    const policy = new RetryPolicy({
      ...clock,
      sleep: async () => stop.abort(new Error("enough")),
    })
    const run = withRetry(policy, { signal: stop.signal }, () => Promise.reject(failure({})))
    await expect(run).rejects.toThrow("enough")
  })
})
