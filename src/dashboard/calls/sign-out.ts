import { client } from "./client.ts"

/** Ends this session, or all of the token's; the page is then loaded anew, so that nothing of it stays in memory. */
export async function signOut(where: "here" | "everywhere"): Promise<void> {
  await fetch(where === "here" ? "/api/v1/session" : "/api/v1/sessions", { method: "DELETE" })
  client.clear()
  window.location.assign("/sign-in")
}
