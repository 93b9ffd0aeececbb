import { expect, test, vi } from "vitest"
import { BufferBudget, type SendBuffers } from "../../src/server/registry/send-buffers.ts"
import { contentOf } from "../server/registry/images.ts"
import { runOpenRegistry } from "../server/registry/open-registry.ts"
import { connectTo, headOf } from "../server/registry/raw.ts"

test("three hundred clients that take nothing have no more of them than that, and then give them back", async () => {
  const taken: number[] = []
  let given = 0
  class Counted extends BufferBudget {
    override take(length: number): SendBuffers {
      const buffers = super.take(length)
      taken.push(buffers.both[0].length + buffers.both[1].length)
      const { both } = buffers
      return {
        both,
        [Symbol.dispose]() {
          given++
          buffers[Symbol.dispose]()
        },
      }
    }
  }
  const registry = await runOpenRegistry({ buffers: new Counted() })
  const large = contentOf(Buffer.alloc(64 << 20, "large"))
  await registry.put("acme/edge", large)
  const sockets = await Promise.all(Array.from({ length: 300 }, () => connectTo(registry.client.url)))
  for (const socket of sockets) {
    socket.pause()
    socket.write(headOf("GET", `/v2/acme/edge/blobs/${large.digest}`))
  }
  await vi.waitFor(() => expect(taken).toHaveLength(300), { timeout: 20_000 })
  expect(given).toBe(0)
  expect(taken.reduce((sum, size) => sum + size, 0)).toBeLessThan((64 + 10) << 20)
  for (const socket of sockets) socket.destroy()
  await vi.waitFor(() => expect(given).toBe(300), { timeout: 20_000 })
})
