import type { IncomingMessage, ServerResponse } from "node:http"
import type { FleetRegistry } from "./fleet-registry.ts"
import { Exchange, type Terms } from "./registry/exchange.ts"
import { type Answered, answerRequest } from "./registry/registry-handler.ts"
import { RegistryRefusal } from "./registry/registry-refusal.ts"
import { pullScope } from "./registry-scope.ts"
import { type RegistryTokens, TOKEN_LIFETIME } from "./registry-tokens.ts"

export const LOGIN_PATH = "/api/v1/registry/token"

/** Of a form, in bytes. */
const MAX_FORM = 64 * 1024

/**
 * Gives clients of the registry a token for a secret, or for none: then it opens what is public. By GET with Basic
 * (distribution's token authentication), or by POST with a form (its OAuth2 way).
 */
export function registryLogin(
  registry: FleetRegistry,
  tokens: RegistryTokens,
  { now, terms }: { now: () => Date; terms: Terms },
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<Answered> {
  return (incoming, outgoing) =>
    answerRequest(new Exchange(incoming, outgoing, terms), async (exchange, answered) => {
      answered.route = LOGIN_PATH
      const form = await readForm(exchange)
      const secret = form?.get("password") ?? form?.get("refresh_token")
      if (form && !secret) throw new RegistryRefusal("UNAUTHORIZED", "the form has no password")
      const login = await registry.login(incoming, secret ?? undefined)
      answered.actor = login?.actor
      // What it is good for would grow, and its time begin anew.
      if (login?.isByToken) throw registry.refuseToken(incoming)
      const scopes = (form ?? exchange.query).getAll("scope")
      const token = tokens.issue(login?.secretHash, pullScope(scopes))
      exchange.answerJson(
        { token, access_token: token, expires_in: TOKEN_LIFETIME, issued_at: now().toISOString() },
        { "cache-control": "no-store" },
      )
    })
}

async function readForm(exchange: Exchange): Promise<URLSearchParams | undefined> {
  if (exchange.method === "GET") return undefined
  if (exchange.method !== "POST") {
    throw new RegistryRefusal("UNSUPPORTED", "this path takes GET, POST", { headers: { allow: "GET, POST" } })
  }
  return new URLSearchParams((await exchange.read(MAX_FORM)).toString("utf8"))
}
