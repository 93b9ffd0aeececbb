import { rm } from "node:fs/promises"
import { startDockerRegistry } from "../test/interop/docker-registry.ts"
import { measure } from "./measure.ts"
import { startServer } from "./running-server.ts"
import { waybill } from "./waybill.ts"

/** A registry that has just been started, and holds nothing. */
export interface StartedRegistry extends AsyncDisposable {
  host: string
  /** `user:password`. */
  login: string
  /** Peak resident memory since this was last asked, in bytes; 0 for a peer. */
  takeMemory(): number
}

/** `waybill serve` with an empty repository, on a home that it makes. */
export async function startWaybill(
  repository: string,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<StartedRegistry> {
  const ours = { ...env, WAYBILL_HOME: home }
  await measure(waybill("fleet", "create", repository), { env: ours })
  const server = await startServer(ours)
  return {
    host: new URL(server.url).host,
    login: `bench:${server.token}`,
    takeMemory() {
      const memory = server.memory()
      server.forgetMemory()
      return memory
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(home, { recursive: true })
    },
  }
}

export async function startPeer(): Promise<StartedRegistry> {
  const { host, close } = await startDockerRegistry()
  return { host, login: "bench:bench", takeMemory: () => 0, [Symbol.asyncDispose]: close }
}
