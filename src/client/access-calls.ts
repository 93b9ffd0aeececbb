import { createdTokenSchema, tokenSchema, tokensSchema } from "../api/token.ts"
import type { AccessStore } from "../fleet/access-store.ts"
import type { ServerConnection } from "./server-connection.ts"

export function accessCalls(server: ServerConnection): AccessStore {
  return {
    // Not sent again when its answer is lost: nobody would see the first token, and it would be good.
    async createToken(token, { signal }) {
      const call = { method: "POST", path: "tokens", body: token, signal } as const
      return (await server.call(call, createdTokenSchema)).token
    },

    async listTokens(organization, options) {
      const query = { organization: organization ?? undefined }
      const call = { method: "GET", path: "tokens", query, signal: options?.signal } as const
      return (await server.call(call, tokensSchema)).items
    },

    revokeToken: (id, { signal }) =>
      server.call(
        { method: "DELETE", path: `tokens/${encodeURIComponent(id)}`, repeatable: false, signal },
        tokenSchema,
      ),
  }
}
