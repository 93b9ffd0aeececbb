import { describe, expect, test } from "vitest"
import { RegistryError } from "../../src/registry/registry-error.ts"
import { parseRetryAfter, RetryPolicy, withRetry } from "../../src/registry/retry.ts"
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
    new RegistryError("REGISTRY_FAILED", "no", { transient: true, ...details })
  const attempt = (policy: RetryPolicy, error: unknown, reached = true) => {
    const tries = { count: 0 }
    const run = withRetry(
      policy,
      undefined,
      () => reached,
      async () => {
        tries.count++
        throw error
      },
    )
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

  test("is short where a registry has never been reached", async () => {
    const policy = new RetryPolicy(new TestClock())
    const error = new RegistryError("REGISTRY_UNREACHABLE", "no", { transient: true })
    const never = attempt(policy, error, false)
    await expect(never.run).rejects.toBe(error)
    expect(never.tries.count).toBe(2)
    const before = attempt(policy, error, true)
    await expect(before.run).rejects.toBe(error)
    expect(before.tries.count).toBe(6)
  })

  test("ends with an abort during the wait", async () => {
    const stop = new AbortController()
    const clock = new TestClock()
    const policy = new RetryPolicy({
      ...clock,
      sleep: async () => stop.abort(new Error("enough")),
    })
    const run = withRetry(
      policy,
      stop.signal,
      () => true,
      () => Promise.reject(failure({})),
    )
    await expect(run).rejects.toThrow("enough")
  })
})
