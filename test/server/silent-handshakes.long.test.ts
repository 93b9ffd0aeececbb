import { once } from "node:events"
import { connect as connectSocket } from "node:net"
import { test } from "vitest"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer } from "../support/running-server.ts"

test.each([
  ["connected and said nothing", []],
  // The beginning of a record of a handshake (RFC 8446, section 5.1).
  ["began a handshake and fell silent", [0x16, 3, 1]],
])("a server that stops does not wait for those that %s", async (_, bytes) => {
  const { server: certificate } = await makeCertificates()
  const server = await runServer({
    tls: { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) },
  })
  const { hostname, port } = new URL(server.url)
  const silent = connectSocket(Number(port), hostname).on("error", () => undefined)
  await once(silent, "connect")
  const closed = once(silent, "close")
  await new Promise<void>((resolve) => silent.write(Uint8Array.from(bytes), () => resolve()))
  await server.stop()
  await closed
})
