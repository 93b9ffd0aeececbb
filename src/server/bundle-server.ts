import type { BundleRepository } from "../bundle/served-bundle.ts"
import type { Random } from "../fleet/secret.ts"
import { isInsecure, type Listen, listen, refuseInsecure, type Tls, urlOf } from "./listen.ts"
import { loggedHandler } from "./logged-handler.ts"
import { Metrics } from "./metrics.ts"
import type { RegistryAccess } from "./registry/registry-access.ts"
import { RegistryError } from "./registry/registry-error.ts"
import { registryHandler } from "./registry/registry-handler.ts"
import { type LogLine, RequestLog } from "./request-log.ts"
import { type RunningServer, stopServer } from "./server.ts"

export interface BundleServerOptions {
  repositories: readonly BundleRepository[]
  random: Random
  now: () => Date
  listen: Listen
  tls?: Tls | undefined
  /** Lets other machines read without TLS: default `false`. There are no secrets in it, but a bundle may be one. */
  plainHttp?: boolean | undefined
  log?: ((line: LogLine) => void) | undefined
}

/** Serves an open bundle as a registry that anybody may read and nobody may write. Throws a `ServerError`. */
export async function startBundleServer(options: BundleServerOptions): Promise<RunningServer> {
  const { repositories, random, now, tls, plainHttp = false, log = () => undefined } = options
  if (!plainHttp) refuseInsecure(options.listen, tls)
  const requests = new RequestLog({ log, metrics: new Metrics(), now, random })
  const registry = loggedHandler(requests, registryHandler({ access: openAccess(repositories) }))
  const server = await listen((incoming, outgoing) => void registry(incoming, outgoing), options.listen, tls)
  return {
    url: urlOf(server, options.listen, tls),
    isInsecure: isInsecure(options.listen, tls),
    stop: stopServer(server),
  }
}

function openAccess(repositories: readonly BundleRepository[]): RegistryAccess {
  const visitor = {
    async open(name: string) {
      const content = repositories.find((repository) => repository.name === name)
      if (content !== undefined) return { content }
      throw new RegistryError("NAME_UNKNOWN", `there is no repository ${name}`, {
        hint: `there are ${repositories.map((repository) => repository.name).join(", ")}`,
      })
    },
    async listRepositories() {
      return repositories.map(({ name }) => name).sort()
    },
    async findReadable(names: readonly string[]) {
      return names.find((name) => repositories.some((repository) => repository.name === name))
    },
  }
  return { enter: async () => visitor }
}
