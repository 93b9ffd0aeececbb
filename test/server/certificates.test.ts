import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { startBundleServer } from "../../src/server/bundle-server.ts"
import type { HttpOptions } from "../../src/server/http-server.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer } from "../support/running-server.ts"

const listen = { host: "127.0.0.1", port: 0 }
const startBundle = (options: Partial<HttpOptions>) =>
  startBundleServer({ listen, repositories: [], random: randomBytes, now: () => new Date(), ...options })

test.each<[string, (options: Partial<HttpOptions>) => Promise<unknown>]>([
  ["serve", ({ tls }) => runServer({ tls })],
  ["serve --host-name", ({ tls }) => runServer({ tls, hostNames: ["waybill.example"] })],
  ["release serve", startBundle],
])("%s says what is wrong with a certificate that is none, or does not go with its key", async (_, start) => {
  const { server, authority } = await makeCertificates()
  const wrong = [
    { cert: Buffer.from("no certificate at all"), key: Buffer.from(server.key) },
    { cert: Buffer.from(server.cert), key: Buffer.from("no key at all") },
    { cert: Buffer.from(authority.cert), key: Buffer.from(server.key) },
  ]
  for (const tls of wrong) {
    await expect(start({ tls })).rejects.toMatchObject({
      code: "INVALID_CERTIFICATE",
      message: expect.stringMatching(/^certificate and key do not fit: /),
      hint: "both are PEM, and the key belongs to the first certificate of the file",
    })
  }
})
