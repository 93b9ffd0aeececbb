import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { WaybillError } from "../../src/errors/waybill-error.ts"
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

describe("whatever goes wrong on the way", () => {
  let registry: TestRegistry
  let count = 0

  beforeAll(async () => {
    registry = await startRegistry()
  })

  afterAll(() => registry.close())

  /** Works through a proxy with these faults; gives the error it ended in, if any. */
  async function through(
    script: FaultRule[],
    name: string,
    work: (repository: ReturnType<ReturnType<typeof makeClient>["repository"]>) => Promise<void>,
  ): Promise<unknown> {
    const proxy = await startFaultProxy(registry.host, script)
    const client = makeClient({ timeouts: { body: 500, answer: 2000, upload: 2000 } })
    try {
      await work(client.repository(proxy.host, name))
      return undefined
    } catch (error) {
      return error
    } finally {
      await client.close()
      await proxy.close()
    }
  }

  test("a download gives the right content or ends in a clear error", async () => {
    const name = "acme/down"
    await through([], name, (repository) => repository.push(layer.descriptor, layer.body))
    await fc.assert(
      fc.asyncProperty(rules(/^GET/, downloadFault), async (script) => {
        const failure = await through(script, name, async (repository) => {
          expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
        })
        if (failure !== undefined) expect(failure).toBeInstanceOf(WaybillError)
      }),
      { numRuns: 60 },
    )
  })

  test("an upload never leaves wrong content, and succeeds or ends in a clear error", async () => {
    await fc.assert(
      fc.asyncProperty(rules(/^(PUT|PATCH|GET|HEAD)/, uploadFault), async (script) => {
        const name = `acme/up-${++count}`
        const failure = await through(script, name, (repository) =>
          repository.push(layer.descriptor, layer.body),
        )
        if (failure !== undefined) expect(failure).toBeInstanceOf(WaybillError)
        // An answer of success that the registry never gave is believed; a manifest's push finds that out.
        const claimed = script.some(({ fault }) => fault.kind === "answer" && fault.status < 300)
        const stored = registry.storage.hasBlob(name, layer.descriptor.digest)
        if (failure === undefined && !claimed) expect(stored).toBe(true)
        if (stored) {
          await through([], name, async (repository) => {
            expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
          })
        }
      }),
      { numRuns: 60 },
    )
  })
})
