import type { RequestListener } from "node:http"
import type { BundleRepository } from "../bundle/served-bundle.ts"
import type { Random } from "../fleet/secret.ts"
import { type HttpOptions, limitsOf, type RunningServer, startHttp } from "./http-server.ts"
import { loggedHandler } from "./logged-handler.ts"
import { Metrics } from "./metrics.ts"
import { BodyBudget } from "./registry/body-budget.ts"
import type { RegistryAccess } from "./registry/registry-access.ts"
import { registryHandler } from "./registry/registry-handler.ts"
import { RegistryRefusal } from "./registry/registry-refusal.ts"
import { BufferBudget } from "./registry/send-buffers.ts"
import { type LogLine, RequestLog } from "./request-log.ts"

export interface BundleServerOptions extends HttpOptions {
  repositories: readonly BundleRepository[]
  random: Random
  now: () => Date
  log?: ((line: LogLine) => void) | undefined
}

/**
 * Serves an open bundle as a registry that anybody may read and nobody may write, under its own names alone: whoever
 * reaches it needs no secret. `plainHttp` lets other machines read without TLS, which hides no secrets here; but a
 * bundle may be one. Throws a `ServerError`.
 */
export async function startBundleServer(options: BundleServerOptions): Promise<RunningServer> {
  const { repositories, random, now, log = () => undefined } = options
  const requests = new RequestLog({ log, metrics: new Metrics(), now, random })
  const { idle: idleTimeout, body: bodyTimeout } = limitsOf(options)
  const terms = { idleTimeout, bodyTimeout, bodies: new BodyBudget(), buffers: new BufferBudget() }
  const registry = loggedHandler(requests, registryHandler({ access: openAccess(repositories), terms }))
  const answer: RequestListener = (incoming, outgoing) => void registry(incoming, outgoing)
  return startHttp(options, { answer, requests, isBoundToNames: true })
}

function openAccess(repositories: readonly BundleRepository[]): RegistryAccess {
  const visitor = {
    async open(name: string) {
      const content = repositories.find((repository) => repository.name === name)
      if (content !== undefined) return { content }
      throw new RegistryRefusal("NAME_UNKNOWN", `there is no repository ${name}`, {
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
