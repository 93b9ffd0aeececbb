import { randomBytes } from "node:crypto"
import { hostname } from "node:os"
import { expect, onTestFinished, test } from "vitest"
import { startBundleServer } from "../../src/server/bundle-server.ts"
import { OwnNames } from "../../src/server/own-names.ts"
import { answerTo } from "../server/registry/raw.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer } from "../support/running-server.ts"

const { server: certificate } = await makeCertificates()
const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }

/** Who would be asked, listening there, with these names besides. */
function namesAt(host: string, ...hostNames: string[]): OwnNames {
  return new OwnNames({ listen: { host, port: 5000 }, tls: undefined, hostNames, machine: "Shed" })
}

test.each([
  [
    "127.0.0.1",
    ["127.0.0.1", "127.0.0.1:5000", "127.0.0.1:80", "localhost:5000", "LOCALHOST.", "[::1]:5000"],
  ],
  ["localhost", ["localhost", "127.0.0.1:5000", "[::1]"]],
  ["::1", ["[::1]:5000", "[0:0:0:0:0:0:0:1]", "localhost"]],
  ["0.0.0.0", ["192.0.2.7:5000", "10.0.0.1", "[2001:db8::1]:5000", "localhost:5000", "shed", "SHED:5000"]],
  ["::", ["192.0.2.7:5000", "[2001:db8::1]:5000", "shed.", "127.0.0.1"]],
  ["192.0.2.7", ["192.0.2.7:5000", "shed:5000"]],
  ["nas.example", ["nas.example:5000", "NAS.example", "shed"]],
])("listening at %s, it is asked as %j", (host, own) => {
  const names = namesAt(host)
  expect(own.filter((header) => !names.includes(header))).toEqual([])
  // HTTP/1.0: no browser does.
  expect(names.includes(undefined)).toBe(true)
})

const FOREIGN = [
  "evil.example",
  "evil.example:5000",
  "localhost.evil.example",
  "127.0.0.1.evil.example:5000",
  "evil.example.",
  "",
  ":5000",
  "127.0.0.1@evil.example",
  "evil.example/127.0.0.1",
  "[::1].evil.example",
  "0x7f.1",
  "2130706433",
  "localhost,evil.example",
]

test.each(["127.0.0.1", "0.0.0.0", "::", "192.0.2.7", "nas.example"])(
  "listening at %s, it is not asked by the name of another",
  (host) => {
    const names = namesAt(host, "waybill.example")
    expect(FOREIGN.filter((header) => names.includes(header))).toEqual([])
  },
)

test("an address is its own where it listens at any, or at that", () => {
  expect(namesAt("127.0.0.1").includes("192.0.2.7:5000")).toBe(false)
  expect(namesAt("192.0.2.7").includes("192.0.2.8:5000")).toBe(false)
  expect(namesAt("192.0.2.7").includes("localhost")).toBe(false)
})

test("names that it was told, and those of its certificate, are its own too", () => {
  const told = namesAt("127.0.0.1", "Waybill.example", "192.0.2.9")
  expect(["waybill.example:443", "192.0.2.9"].every((header) => told.includes(header))).toBe(true)
  const listen = { host: "192.0.2.7", port: 5000 }
  const certified = new OwnNames({ listen, tls, hostNames: [], machine: "shed" })
  expect(certified.includes("localhost:5000")).toBe(true)
  expect(certified.includes("evil.example")).toBe(false)
})

function runBundleServer(hostNames: string[] = []) {
  return startBundleServer({
    repositories: [],
    random: randomBytes,
    now: () => new Date(),
    listen: { host: "127.0.0.1", port: 0 },
    hostNames,
  }).then((server) => {
    onTestFinished(() => server.stop())
    return server
  })
}

const asking = (path: string, host: string) =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`

test("a bundle is not served to a page that had its own name point to this machine", async () => {
  const { url } = await runBundleServer()
  const { port } = new URL(url)
  for (const path of ["/v2/", "/v2/_catalog", "/"]) {
    const refused = await answerTo(url, asking(path, `evil.example:${port}`))
    expect(refused.status).toBe(421)
    expect(refused.text).toContain(`this server is not \\"evil.example:${port}\\"`)
    expect(refused.text).toContain("--host-name")
    expect((await answerTo(url, asking(path, `localhost:${port}`))).status).toBe(path === "/" ? 404 : 200)
  }
  const named = await runBundleServer(["evil.example"])
  expect((await answerTo(named.url, asking("/v2/", "evil.example"))).status).toBe(200)
})

test("a team's server takes any name, for secrets guard it, unless it is told its names", async () => {
  const open = await runServer()
  expect((await answerTo(open.url, asking("/healthz", "whatever.example"))).status).toBe(200)
  const told = await runServer({ hostNames: ["waybill.example"] })
  for (const path of ["/healthz", "/api/v1/fleets", "/v2/", "/api/v1/registry/token"]) {
    const refused = await answerTo(told.url, asking(path, "evil.example"))
    expect([path, refused.status]).toEqual([path, 421])
    expect(refused.text).toContain(path === "/v2/" ? '"errors":[{"code":"DENIED"' : '"code":"MISDIRECTED"')
  }
  for (const host of ["waybill.example", "127.0.0.1", "localhost"]) {
    expect((await answerTo(told.url, asking("/healthz", host))).status).toBe(200)
  }
  expect(told.lines.filter(({ status }) => status === 421)).toHaveLength(4)
})

test("this machine's own name is known", async () => {
  const server = await runServer({
    listen: { host: "0.0.0.0", port: 0 },
    plainHttp: true,
    hostNames: ["waybill.example"],
  })
  const url = server.url.replace("0.0.0.0", "127.0.0.1")
  expect((await answerTo(url, asking("/healthz", hostname()))).status).toBe(200)
})
