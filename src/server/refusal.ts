import type { IncomingMessage, ServerResponse } from "node:http"
import { ApiError } from "../api/api-error.ts"
import { PROBLEM_TYPE, problemOf } from "../api/problem.ts"
import { printRefusal, RegistryRefusal } from "./registry/registry-refusal.ts"
import { isRegistryPath } from "./registry/route.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** Why a request is not looked at. */
export type Reason = "misdirected" | "too many connections"

/** Answers before anything else is done, in the words of whatever was asked, and closes the connection. */
export function refuse(reason: Reason, incoming: IncomingMessage, outgoing: ServerResponse): Error {
  const host = String(incoming.headers.host).slice(0, 100)
  const [code, registryCode, message, hint, headers] =
    reason === "misdirected"
      ? ([
          "MISDIRECTED",
          "DENIED",
          `this server is not ${JSON.stringify(host)}`,
          "ask it by an address or name that it listens under; whoever runs it adds others with --host-name",
          {},
        ] as const)
      : ([
          "TOO_MANY_CONNECTIONS",
          "UNAVAILABLE",
          "the server has as many connections as it takes",
          `try again in ${RETRY_AFTER} seconds; whoever runs it takes more with --max-connections`,
          { "retry-after": RETRY_AFTER },
        ] as const)
  const error = new ApiError(code, message, { hint })
  const problem = problemOf(error)
  const isRegistry = isRegistryPath(incoming.url ?? "")
  const body = isRegistry ? printRefusal(new RegistryRefusal(registryCode, message, { hint })) : problem
  const bytes = Buffer.from(JSON.stringify(body))
  outgoing.writeHead(problem.status, {
    "content-type": isRegistry ? "application/json" : PROBLEM_TYPE,
    "content-length": bytes.length,
    "cache-control": "no-store",
    connection: "close",
    ...headers,
  })
  outgoing.end(incoming.method === "HEAD" ? undefined : bytes)
  return error
}
