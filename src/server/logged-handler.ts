import type { IncomingMessage, ServerResponse } from "node:http"
import type { Answered } from "./registry/registry-handler.ts"
import { CLIENT_GONE, type RequestLog } from "./request-log.ts"

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<Answered>

/** Gives each request an id, and writes a line about it when it is answered. */
export function loggedHandler(requests: RequestLog, answer: Answer): Answer {
  return async (incoming, outgoing) => {
    const { id, end } = requests.begin(incoming, outgoing)
    outgoing.setHeader("x-request-id", id)
    outgoing.setHeader("x-content-type-options", "nosniff")
    const answered = await answer(incoming, outgoing)
    const { route, actor, failure } = answered
    end({
      route,
      status: statusOf(outgoing, failure),
      ...(actor !== undefined && { actor: { actor } }),
      failure,
    })
    return answered
  }
}

function statusOf({ headersSent, statusCode }: ServerResponse, failure: unknown): number {
  if (!headersSent) return CLIENT_GONE
  // It failed when the answer had begun: the client saw its connection break, whatever the head had said.
  return failure !== undefined && statusCode < 400 ? 500 : statusCode
}
