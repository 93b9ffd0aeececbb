import { onTestFinished } from "vitest"
import { type FaultRule, startFaultProxy } from "./registry/fault-proxy.ts"
import { startRegistry, type TestRegistry, type TestRegistryOptions } from "./registry/test-registry.ts"
import { startTokenServer, type TokenServerOptions } from "./registry/token-server.ts"

/** A registry that ends with the test. */
export async function runRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options)
  onTestFinished(() => registry.close())
  return registry
}

/** A proxy before a registry, which ends with the test. */
export async function runFaultProxy(registry: TestRegistry, script: readonly FaultRule[]) {
  const proxy = await startFaultProxy(registry.host, script)
  onTestFinished(() => proxy.close())
  return proxy
}

/** A token server that ends with the test. */
export async function runTokenServer(options: TokenServerOptions = {}) {
  const server = await startTokenServer(options)
  onTestFinished(() => server.close())
  return server
}

/** Uploads that were begun since a place in the log: none of a blob that was there or mounted. */
export function uploads(registry: TestRegistry, since = 0): string[] {
  return registry.log
    .slice(since)
    .filter(
      ({ method, url, status }) => method === "POST" && url.includes("/blobs/uploads/") && status === 202,
    )
    .map(({ url }) => url)
}
