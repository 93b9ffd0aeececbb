import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { MAX_DOCUMENT_SIZE } from "../../src/oci/json.ts"
import { LIMITS } from "../../src/server/limits.ts"
import { createServer } from "../../src/server/listen.ts"
import { BODY_BUDGET } from "../../src/server/registry/body-budget.ts"
import { BufferBudget } from "../../src/server/registry/send-buffers.ts"
import { Machine } from "../support/cli.ts"
import { makeCertificates } from "../support/registry/certificates.ts"

const TEXT = await readFile(new URL("../../docs/server.md", import.meta.url), "utf8")
const ROWS = new Map(
  [...TEXT.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].map(([, what = "", limit = ""]) => [what, limit]),
)
const MIB = 1 << 20

test.each<[string, RegExp, number[]]>([
  ["the head of a request, or a TLS handshake", /within (\d+) s/, [LIMITS.head / 1000]],
  ["the body of a request to the API, or of a login to the registry", /within (\d+) s/, [LIMITS.body / 1000]],
  [
    "a manifest that is pushed",
    /(\d+) MiB; .+ within (\d+) s/,
    [MAX_DOCUMENT_SIZE / MIB, LIMITS.body / 1000],
  ],
  [
    "all bodies that are held at once, of requests to the API and of manifests",
    /^(\d+) MiB/,
    [BODY_BUDGET / MIB],
  ],
  [
    "a client that neither sends nor takes anything in the middle of a request or of its answer",
    /after (\d+) s/,
    [LIMITS.idle / 1000],
  ],
  [
    "what still comes of a body when its request is answered already",
    /for (\d+) s and up to about (\d+) MiB/,
    [LIMITS.rest / 1000, LIMITS.restBytes / MIB],
  ],
  ["a connection without a request", /for (\d+) s/, [LIMITS.keepAlive / 1000]],
  ["connections", /^(\d+) at once/, [LIMITS.connections]],
])("the default is what docs/server.md says of %s", (what, pattern, limits) => {
  const [, ...said] = pattern.exec(ROWS.get(what) ?? "") ?? []
  expect(said.map(Number)).toEqual(limits)
})

test("so is what all pulls have for buffers", () => {
  const [, budget, least] = /^(\d+) MiB; beyond that each pull has (\d+) KiB$/.exec(
    ROWS.get("buffers of all pulls") ?? "",
  ) ?? [0, 0, 0]
  const buffers = new BufferBudget()
  const sizes = Array.from({ length: 5000 }, () => buffers.take(2 ** 40).both[0].length * 2)
  const end = sizes.findIndex((size) => size === Number(least) * 1024)
  const before = sizes.slice(0, end).reduce((sum, size) => sum + size, 0)
  expect(before / MIB).toBeGreaterThan(Number(budget) * 0.9)
  expect(before / MIB).toBeLessThan(Number(budget))
  expect(Math.min(...sizes)).toBe(Number(least) * 1024)
})

test("Node is told these, and looks for those whose time is up in time", async () => {
  const { server: certificate } = await makeCertificates()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  for (const server of [createServer(undefined, LIMITS), createServer(tls, LIMITS)]) {
    expect(server).toMatchObject({
      headersTimeout: LIMITS.head,
      keepAliveTimeout: LIMITS.keepAlive,
      requestTimeout: 0,
      connectionsCheckingInterval: 1000,
    })
  }
})

test("the number of connections is set on the command line", async () => {
  const machine = await Machine.create()
  for (const command of ["serve", "release serve"]) {
    const { stdout } = await machine.run(`${command} --help`)
    const [, number] = /--max-connections <n>[^-]*\(default:\s+(\d+)\)/.exec(stdout) ?? []
    expect(Number(number)).toBe(LIMITS.connections)
  }
  expect(await machine.run("serve --max-connections 0")).toMatchObject({ status: 2 })
  expect(await machine.run("serve --host-name evil.example:80")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("without a port"),
  })
})
