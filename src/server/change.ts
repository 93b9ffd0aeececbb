import type { ChangeOptions } from "../fleet/fleet-store.ts"
import type { RequestContext, Site } from "./app.ts"

/**
 * What a change of this request is recorded with. It is not bound to the connection: a change that has begun is done
 * whole, whether the client waits for the answer or not.
 */
export function changeOf(c: RequestContext, { home }: Site): ChangeOptions {
  const principal = c.get("principal")
  const actor = principal.kind === "token" ? principal.token.name : `device ${principal.uuid}`
  return { now: home.now(), actor }
}
