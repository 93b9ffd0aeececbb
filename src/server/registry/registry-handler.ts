import type { IncomingMessage, ServerResponse } from "node:http"
import { deleteBlob, getBlob } from "./blobs.ts"
import { ClientGone, Exchange, type Terms } from "./exchange.ts"
import { listReferrers, listRepositories, listTags } from "./lists.ts"
import { deleteManifest, getManifest, putManifest } from "./manifests.ts"
import type { RegistryAccess, RegistryAction, Visitor } from "./registry-access.ts"
import { printRefusal, RegistryRefusal, refusalOf } from "./registry-refusal.ts"
import { parseRoute, type Route } from "./route.ts"
import { inTurn } from "./turns.ts"
import { Uploads } from "./uploads.ts"

/** What is told of a request when it is answered. */
export interface Answered {
  route: string
  actor?: string | undefined
  failure?: unknown
}

type Handle = (exchange: Exchange, visitor: Visitor) => Promise<void>

export interface RegistryOptions {
  access: RegistryAccess
  terms: Terms
}

/** Answers requests as an OCI registry (distribution-spec 1.1), for whatever is stored wherever. */
export function registryHandler({
  access,
  terms,
}: RegistryOptions): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<Answered> {
  const uploads = new Uploads()
  return (incoming, outgoing) => {
    outgoing.setHeader("docker-distribution-api-version", "registry/2.0")
    return answerRequest(new Exchange(incoming, outgoing, terms), async (exchange, answered) => {
      const visitor = await access.enter(incoming)
      answered.actor = visitor.actor
      const route = parseRoute(exchange.path)
      answered.route = `/v2/${route.kind}`
      await handlerOf(route, exchange.method, uploads)(exchange, visitor)
    })
  }
}

/** Does the work of a request, answers with the error where it fails, and waits until all is sent. */
export async function answerRequest(
  exchange: Exchange,
  work: (exchange: Exchange, answered: Answered) => Promise<void>,
): Promise<Answered> {
  const { incoming, outgoing } = exchange
  const answered: Answered = { route: "unknown" }
  await inTurn(incoming.socket, async () => {
    try {
      if (incoming.socket.destroyed) throw new ClientGone()
      await work(exchange, answered)
    } catch (error) {
      const isGone = error instanceof ClientGone || (incoming.destroyed && !incoming.complete)
      if (isGone) outgoing.destroy()
      else answered.failure = answerError(exchange, error)
    }
    await exchange.untilAnswered()
  }).finally(() => exchange[Symbol.dispose]())
  return answered
}

function handlerOf(route: Route, method: string, uploads: Uploads): Handle {
  const methods = methodsOf(route, uploads)
  const handle = methods[method]
  if (handle !== undefined && Object.hasOwn(methods, method)) return handle
  const allowed = Object.keys(methods).join(", ")
  throw new RegistryRefusal("UNSUPPORTED", `this path takes ${allowed}`, { headers: { allow: allowed } })
}

function methodsOf(route: Route, uploads: Uploads): Record<string, Handle> {
  if (route.kind === "base") {
    const answer: Handle = async (exchange) => exchange.answerJson({})
    return { GET: answer, HEAD: answer }
  }
  if (route.kind === "catalog") return { GET: listRepositories, HEAD: listRepositories }
  const { name } = route
  const within =
    (action: RegistryAction, handle: (...all: Parameters<typeof listTags>) => Promise<void>): Handle =>
    async (exchange, visitor) =>
      handle(exchange, await visitor.open(name, action), name)
  switch (route.kind) {
    case "tags": {
      const list = within("pull", listTags)
      return { GET: list, HEAD: list }
    }
    case "referrers": {
      const list = within("pull", (exchange, repository) => listReferrers(exchange, repository, route.digest))
      return { GET: list, HEAD: list }
    }
    case "manifest": {
      const get = within("pull", (exchange, repository) => getManifest(exchange, repository, route.reference))
      return {
        GET: get,
        HEAD: get,
        PUT: within("push", (exchange, repository) => putManifest(exchange, repository, route)),
        DELETE: within("delete", (exchange, repository) => deleteManifest(exchange, repository, route)),
      }
    }
    case "blob": {
      const get = within("pull", (exchange, repository) => getBlob(exchange, repository, route.digest))
      return {
        GET: get,
        HEAD: get,
        DELETE: within("delete", (exchange, repository) => deleteBlob(exchange, repository, route.digest)),
      }
    }
    case "uploads":
      return {
        POST: async (exchange, visitor) =>
          uploads.begin(exchange, await visitor.open(name, "push"), name, visitor),
      }
    case "upload": {
      const { id } = route
      return {
        GET: within("push", (exchange, repository) => uploads.state(exchange, repository, name, id)),
        PATCH: within("push", (exchange, repository) => uploads.append(exchange, repository, name, id)),
        PUT: within("push", (exchange, repository) => uploads.commit(exchange, repository, name, id)),
        DELETE: within("push", (exchange, repository) => uploads.cancel(exchange, repository, id)),
      }
    }
  }
}

/** Answers with an error as long as nothing has been answered yet; later, only a broken connection says so. */
function answerError(exchange: Exchange, error: unknown): unknown {
  const { outgoing } = exchange
  if (outgoing.headersSent) {
    outgoing.destroy()
    return error
  }
  const answer = refusalOf(error)
  outgoing.statusCode = answer.status
  exchange.answerJson(printRefusal(answer), answer.headers)
  return answer.status >= 500 ? (answer.cause ?? answer) : answer
}
