import type { IncomingMessage, ServerResponse } from "node:http"
import type { Answered } from "./registry/registry-handler.ts"
import { type RequestLog, statusOf } from "./request-log.ts"

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<Answered>

/** Gives each request an id, and writes a line about it when it is answered. */
export function loggedHandler(requests: RequestLog, answer: Answer): Answer {
  return async (incoming, outgoing) => {
    const { id, end } = requests.begin(incoming, outgoing)
    outgoing.setHeader("x-request-id", id)
    outgoing.setHeader("x-content-type-options", "nosniff")
    const answered = await answer(incoming, outgoing)
    const { route, actor, failure } = answered
    const status = statusOf(outgoing, failure)
    end(() => ({ route, status, ...(actor !== undefined && { actor: { actor } }), failure }))
    return answered
  }
}
