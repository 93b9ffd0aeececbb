import { z } from "zod"
import { printUrl } from "../http/location.ts"
import type { HttpRequest, HttpResponse } from "../http/message.ts"
import { networkFailure } from "../http/network-failure.ts"
import { readAtMost } from "../http/response-body.ts"
import { parseJson } from "../oci/json.ts"
import { type Credential, nameOfLogin } from "./credentials.ts"
import { RegistryError } from "./registry-error.ts"
import { registryFailure } from "./registry-failure.ts"
import { responseError } from "./response-error.ts"

const MAX_ANSWER = 256 * 1024
/** Seconds, where the answer does not say (Docker token specification). */
const DEFAULT_LIFETIME = 60
const CLIENT_ID = "waybill"

/** Visible ASCII: anything else could not stand in a header. */
const tokenText = z.string().regex(/^[\x21-\x7e]+$/)
const answerSchema = z
  .object({
    token: tokenText.optional().catch(undefined),
    access_token: tokenText.optional().catch(undefined),
    expires_in: z.number().positive().optional().catch(undefined),
  })
  .transform((answer) => ({ token: answer.token ?? answer.access_token, lifetime: answer.expires_in }))
  .refine((answer) => answer.token !== undefined, "it holds no token")

export interface TokenRequest {
  realm: URL
  service: string | undefined
  scopes: readonly string[]
  credential: Credential | undefined
  /** The registry as its user names it. */
  registry: string
}

export interface Token {
  value: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

type Send = (request: HttpRequest) => Promise<HttpResponse>

/**
 * Gets a Bearer token: anonymously or for a user and password by GET, for an identity token by OAuth2 POST
 * (Docker Registry v2 authentication; distribution, docs/spec/auth/token.md and oauth.md).
 */
export async function fetchToken(request: TokenRequest, send: Send, now: () => number): Promise<Token> {
  const http = tokenHttpRequest(request)
  // Counted from before the request, so that a slow answer does not make a token look younger than it is.
  const start = now()
  let response: HttpResponse
  try {
    response = await send(http)
    if (response.status !== 200) {
      throw await responseError(response, {
        method: http.method,
        registry: request.registry,
        login: request.credential && nameOfLogin(request.credential),
        now: now(),
      })
    }
    const bytes = await readAtMost(response, MAX_ANSWER)
    if (bytes === undefined) throw tooLong(response)
    const { token = "", lifetime } = parseJson(bytes, `the answer of ${http.url.host}`, answerSchema)
    return { value: token, expiresAt: start + (lifetime ?? DEFAULT_LIFETIME) * 1000 }
  } catch (error) {
    throw registryFailure(networkFailure(error, http.method, http.url))
  }
}

function tooLong({ url, status }: HttpResponse): RegistryError {
  return new RegistryError(
    "INVALID_RESPONSE",
    `${printUrl(url)} answers with more than ${MAX_ANSWER} bytes, which is refused`,
    { status, url: printUrl(url) },
  )
}

function tokenHttpRequest({ realm, service, scopes, credential }: TokenRequest): HttpRequest {
  const url = new URL(realm)
  if (credential !== undefined && "identityToken" in credential) {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: CLIENT_ID,
      scope: scopes.join(" "),
      refresh_token: credential.identityToken,
      ...(service === undefined ? {} : { service }),
    })
    return {
      method: "POST",
      url,
      headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: Buffer.from(form.toString()),
    }
  }
  if (service !== undefined) url.searchParams.append("service", service)
  for (const scope of scopes) url.searchParams.append("scope", scope)
  const headers: Record<string, string> = { accept: "application/json" }
  if (credential !== undefined) {
    url.searchParams.append("client_id", CLIENT_ID)
    url.searchParams.append("account", credential.username)
    headers.authorization = basic(credential.username, credential.password)
  }
  return { method: "GET", url, headers }
}

/** RFC 7617, in UTF-8. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
}
