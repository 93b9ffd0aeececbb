import { call } from "./call.ts"
import { client } from "./client.ts"
import type { CallInput } from "./routes.ts"

/** Begins a session. What was asked for in another is forgotten. */
export async function signIn(body: CallInput<"post /session">["body"]): Promise<void> {
  await call("post /session", { body })
  client.clear()
}

/** Ends this session, or all of the token's. The page is then loaded anew, so that nothing of it stays in memory. */
export async function signOut(where: "here" | "everywhere"): Promise<void> {
  if (where === "here") await call("delete /session", {})
  else await call("delete /sessions", {})
  window.location.assign("/sign-in")
}
