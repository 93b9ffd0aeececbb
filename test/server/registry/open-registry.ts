import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { readdir } from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import { join } from "node:path"
import { promisify } from "node:util"
import { onTestFinished } from "vitest"
import { bodyOf } from "../../../src/content/read-document.ts"
import { ContentStore } from "../../../src/layout/content-store.ts"
import { LIMITS } from "../../../src/server/limits.ts"
import { BodyBudget } from "../../../src/server/registry/body-budget.ts"
import { type Answered, registryHandler } from "../../../src/server/registry/registry-handler.ts"
import { BufferBudget } from "../../../src/server/registry/send-buffers.ts"
import { limitRestOfBody } from "../../../src/server/rest-of-body.ts"
import { systemClock } from "../../../src/system-clock.ts"
import { temporaryFolder } from "../../support/temporary-folder.ts"
import { Client } from "./client.ts"
import type { Content } from "./images.ts"

interface Options {
  /** In milliseconds; connections that are kept alive last as long. */
  idleTimeout?: number
  /** Of manifests that are pushed, in milliseconds. */
  bodyTimeout?: number
  /** Of its pulls. */
  buffers?: BufferBudget
  /** Takes its time before it is known who asks. */
  whileEntering?: (incoming: IncomingMessage) => Promise<void>
}

export interface OpenRegistry {
  /** The store's folder. */
  root: string
  client: Client
  /** Requests that have come, whether they are answered or not. */
  begun(): number
  /** Of every request that is over. */
  answered: Answered[]
  /** Gives blobs to a repository, past the server. */
  put(repository: string, ...blobs: Content[]): Promise<void>
  /** How many are open. */
  connections(): Promise<number>
  /** Files of uploads that are under way. */
  uploads(): Promise<string[]>
  /** What the store holds, by the names of files. */
  files(): Promise<string[]>
  stop(): Promise<void>
}

/** A registry over a new content store in which everybody may do everything, until the test ends. */
export async function runOpenRegistry(options: Options = {}): Promise<OpenRegistry> {
  const registry = await startOpenRegistry(join(await temporaryFolder(), "store"), options)
  onTestFinished(registry.stop)
  return registry
}

/** The same for the caller to stop. */
export async function startOpenRegistry(
  root: string,
  { idleTimeout, bodyTimeout = LIMITS.body, buffers = new BufferBudget(), whileEntering }: Options = {},
): Promise<OpenRegistry> {
  const store = await ContentStore.open(root, systemClock)
  const answered: Answered[] = []
  let begun = 0
  const handle = registryHandler({
    terms: { idleTimeout: idleTimeout ?? LIMITS.idle, bodyTimeout, bodies: new BodyBudget(), buffers },
    access: {
      async enter(incoming) {
        await whileEntering?.(incoming)
        return {
          open: async (name) => ({ content: store.served(name), target: store.served(name) }),
          listRepositories: async () => [],
          findReadable: async ([name]) => name,
        }
      },
    },
  })
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: idleTimeout }, (incoming, outgoing) => {
    begun++
    limitRestOfBody(incoming, outgoing, LIMITS)
    void handle(incoming, outgoing).then((all) => answered.push(all))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const list = (...names: string[]) => readdir(join(root, ...names)).catch(() => [])
  return {
    root,
    client: new Client(`http://127.0.0.1:${port}`),
    async stop() {
      server.close()
      server.closeAllConnections()
      await store.close()
    },
    begun: () => begun,
    answered,
    async put(repository, ...blobs) {
      for (const { digest, bytes } of blobs) {
        const upload = await store.served(repository).beginUpload(randomUUID())
        await upload.append(bodyOf(bytes)(0))
        await upload.commit(digest)
      }
    },
    connections: promisify(server.getConnections.bind(server)),
    uploads: () => list("uploads"),
    files: async () => [
      ...(await list("blobs", "sha256")),
      ...(await list("blobs", "sha512")),
      ...(await list("ingest")),
      ...(await list("uploads")),
    ],
  }
}
