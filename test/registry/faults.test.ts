import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { blob, makeClient, read } from "../support/registry/content.ts"
import { type Fault, type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startRegistry, type TestRegistry } from "../support/registry/test-registry.ts"

const layer = blob(400_000)
const position = fc.nat({ max: layer.bytes.length })

const uploadFault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant("drop upload" as const), after: position }),
  fc.record({ kind: fc.constant("flip upload" as const), at: position }),
  fc.record({
    kind: fc.constant("answer" as const),
    status: fc.constantFrom(200, 202, 204, 400, 401, 403, 404, 405, 408, 409, 413, 416, 429, 500, 501, 503),
    early: fc.boolean(),
  }),
  fc.constant({ kind: "drop answer" as const }),
)

const downloadFault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("drop download" as const, "shorten" as const),
    after: position,
    by: position,
  }),
  fc.record({ kind: fc.constant("flip" as const), at: position }),
  fc.record({
    kind: fc.constant("answer" as const),
    status: fc.constantFrom(200, 204, 206, 401, 403, 404, 408, 416, 429, 500, 503),
    body: fc.constantFrom("", "<html>", '{"errors":[]}'),
  }),
)

function rules(on: RegExp, fault: fc.Arbitrary<Fault>): fc.Arbitrary<FaultRule[]> {
  return fc.array(
    fc.record({
      on: fc.constant(on),
      times: fc.integer({ min: 1, max: 3 }),
      skip: fc.nat({ max: 2 }),
      fault,
    }),
    { minLength: 1, maxLength: 4 },
  )
}

/** What may be said of a fault. A fault that is not here has to be got over. */
const CODES: Record<number, string[]> = {
  200: ["SIZE_MISMATCH", "CONNECTION_LOST"],
  201: [],
  202: ["INVALID_RESPONSE"],
  204: ["INVALID_RESPONSE", "SIZE_MISMATCH", "CONNECTION_LOST"],
  206: ["INVALID_RESPONSE", "SIZE_MISMATCH"],
  400: ["REQUEST_REFUSED"],
  401: ["UNAUTHORIZED"],
  403: ["DENIED"],
  404: ["CONTENT_NOT_FOUND", "REQUEST_REFUSED"],
  405: ["REQUEST_REFUSED"],
  408: ["REQUEST_REFUSED"],
  409: ["REQUEST_REFUSED"],
  413: ["REQUEST_REFUSED"],
  416: ["REQUEST_REFUSED"],
  429: ["TOOMANYREQUESTS"],
  500: ["REGISTRY_FAILED"],
  501: ["REGISTRY_FAILED"],
  503: ["REGISTRY_FAILED"],
}
const TRANSIENT = [408, 429, 500, 503]
const BROKEN = ["drop upload", "drop answer", "drop download"]

function codesOf(fault: Fault): string[] {
  if (fault.kind === "answer") return CODES[fault.status] ?? []
  if (BROKEN.includes(fault.kind)) return ["CONNECTION_LOST"]
  if (fault.kind === "flip") return ["DIGEST_MISMATCH"]
  if (fault.kind === "flip upload") return ["DIGEST_INVALID"]
  return ["SIZE_MISMATCH", "INVALID_RESPONSE", "CONNECTION_LOST"]
}

/** Whether it is got over by trying again. */
function isTransient(fault: Fault): boolean {
  return fault.kind === "answer" ? TRANSIENT.includes(fault.status) : BROKEN.includes(fault.kind)
}

/** A failure has to be one that these faults explain, and that no patience could mend. */
function expectExplained({ failure, struck }: Ended, script: readonly FaultRule[]): void {
  const faults = script.map(({ fault }) => fault)
  expect(failure).toBeInstanceOf(WaybillError)
  expect(faults.flatMap(codesOf)).toContain((failure as WaybillError).code)
  expect({ failure, isMendable: faults.every(isTransient) && struck < 6 }).toMatchObject({
    isMendable: false,
  })
}

interface Ended {
  /** The error that the work ended in, if any. */
  failure: unknown
  /** Requests that a fault struck. */
  struck: number
}

describe("whatever goes wrong on the way", () => {
  let registry: TestRegistry
  let count = 0

  beforeAll(async () => {
    registry = await startRegistry()
  })

  afterAll(() => registry.close())

  /** Works through a proxy with these faults. */
  async function through(
    script: FaultRule[],
    name: string,
    work: (repository: ReturnType<ReturnType<typeof makeClient>["repository"]>) => Promise<void>,
  ): Promise<Ended> {
    const proxy = await startFaultProxy(registry.host, script)
    const client = makeClient({ timeouts: { body: 500, answer: 2000, upload: 2000 } })
    try {
      await work(client.repository(proxy.host, name))
      return { failure: undefined, struck: proxy.struck.length }
    } catch (failure) {
      return { failure, struck: proxy.struck.length }
    } finally {
      await client.close()
      await proxy.close()
    }
  }

  /** The digest of what lies under a name in the registry. */
  async function kept(digest: string): Promise<string> {
    const parts: Buffer[] = []
    for await (const part of registry.storage.readBlob(digest, 0, Number.POSITIVE_INFINITY)) parts.push(part)
    return digestOf(Buffer.concat(parts))
  }

  test("a download gives the right content or ends in a clear error", async () => {
    const name = "acme/down"
    const { failure } = await through([], name, (to) => to.push(layer.descriptor, layer.body))
    expect(failure).toBeUndefined()
    let done = 0
    await fc.assert(
      fc.asyncProperty(rules(/^GET/, downloadFault), async (script) => {
        let bytes: Buffer | undefined
        const ended = await through(script, name, async (repository) => {
          bytes = await read(repository.fetch(layer.descriptor))
        })
        if (ended.failure !== undefined) return expectExplained(ended, script)
        done++
        expect(bytes?.equals(layer.bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
    expect(done).toBeGreaterThan(0)
  })

  test("an upload never leaves wrong content, and succeeds or ends in a clear error", async () => {
    let done = 0
    await fc.assert(
      fc.asyncProperty(rules(/^(PUT|PATCH|GET|HEAD)/, uploadFault), async (script) => {
        const name = `acme/up-${++count}`
        const ended = await through(script, name, (repository) =>
          repository.push(layer.descriptor, layer.body),
        )
        if (ended.failure === undefined) done++
        else expectExplained(ended, script)
        // An answer of success that the registry never gave is believed; a manifest's push finds that out.
        const claimed = script.some(({ fault }) => fault.kind === "answer" && fault.status < 300)
        const stored = registry.storage.hasBlob(name, layer.descriptor.digest)
        if (ended.failure === undefined && !claimed) expect(stored).toBe(true)
        // Read from where it lies, as nothing on the way could hide it.
        if (stored) expect(await kept(layer.descriptor.digest)).toEqual(layer.descriptor.digest)
      }),
      { numRuns: 60 },
    )
    expect(done).toBeGreaterThan(0)
  })
})
