import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, onTestFinished, test } from "vitest"
import type { ServedRepository } from "../../../src/content/registry-storage.ts"
import { LIMITS } from "../../../src/server/limits.ts"
import { BodyBudget } from "../../../src/server/registry/body-budget.ts"
import { registryHandler } from "../../../src/server/registry/registry-handler.ts"
import { RegistryRefusal } from "../../../src/server/registry/registry-refusal.ts"
import { BufferBudget } from "../../../src/server/registry/send-buffers.ts"
import { type Content, makeClient, read } from "../../support/registry/content.ts"

export const LOGIN = { username: "ada", password: "correct horse" }
const AUTHORIZATION = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64")}`

/** Serves a storage as `acme/edge`, to whoever logs in, until the test ends. Gives its `127.0.0.1:PORT`. */
export async function serveStorage(storage: ServedRepository): Promise<string> {
  const handle = registryHandler({
    terms: {
      idleTimeout: LIMITS.idle,
      bodyTimeout: LIMITS.body,
      bodies: new BodyBudget(),
      buffers: new BufferBudget(),
    },
    access: {
      async enter({ headers }) {
        if (headers.authorization !== AUTHORIZATION) {
          throw new RegistryRefusal("UNAUTHORIZED", "log in", {
            headers: { "www-authenticate": 'Basic realm="test"' },
          })
        }
        return {
          open: async () => ({ content: storage }),
          listRepositories: async () => ["acme/edge"],
          findReadable: async () => undefined,
        }
      },
    },
  })
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What a registry gives from each storage. `setup` brings one that has the image and its layer, within each test. */
export function describeStorage(
  name: string,
  image: Content,
  layer: Content,
  setup: () => Promise<ServedRepository>,
): void {
  describe(`a registry over ${name}`, () => {
    const serve = async () => {
      const host = await serveStorage(await setup())
      const client = makeClient({ credentials: { lookup: async () => LOGIN } })
      onTestFinished(() => client.close())
      const ask = (path: string, headers = {}, method = "GET") =>
        fetch(`http://${host}/v2/acme/edge/${path}`, {
          method,
          headers: { authorization: AUTHORIZATION, ...headers },
        })
      return { repository: client.repository(host, "acme/edge"), ask }
    }

    test("gives an image and its layer to a client of ours", async () => {
      const { repository } = await serve()
      expect(await repository.resolve(image.descriptor.digest)).toEqual(image.descriptor)
      expect((await read(repository.fetch(image.descriptor))).equals(image.bytes)).toBe(true)
      expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    })

    test.each([
      { offset: 0, length: 1 },
      { offset: 70_000, length: 500_000 },
      { offset: 699_000 },
      { offset: 700_001 },
    ])("gives a client of ours the part %o", async (range) => {
      const { repository } = await serve()
      const { offset, length = layer.bytes.length } = range
      const wanted = layer.bytes.subarray(offset, offset + length)
      expect((await read(repository.fetch(layer.descriptor, { range }))).equals(wanted)).toBe(true)
    })

    test.each([
      ["bytes=5-9", 206, [5, 10]],
      ["bytes=-7", 206, [-7, undefined]],
      ["bytes=699999-999999999", 206, [699_999, undefined]],
      ["bytes=700001-", 416, undefined],
    ] as const)("answers %s with %i", async (range, status, part) => {
      const { ask } = await serve()
      const answer = await ask(`blobs/${layer.descriptor.digest}`, { range })
      expect(answer.status).toBe(status)
      const bytes = Buffer.from(await answer.arrayBuffer())
      if (part !== undefined) expect(bytes.equals(layer.bytes.subarray(...part))).toBe(true)
    })

    test("says what it has without giving it", async () => {
      const { ask } = await serve()
      const { digest, size } = layer.descriptor
      const head = await ask(`blobs/${digest}`, {}, "HEAD")
      expect([head.status, head.headers.get("content-length")]).toEqual([200, String(size)])
      const known = await ask(`blobs/${digest}`, { "if-none-match": `"${digest}"` })
      expect([known.status, await known.text()]).toEqual([304, ""])
      expect((await ask(`blobs/sha256:${"0".repeat(64)}`)).status).toBe(404)
    })
  })
}
