import { z } from "zod"
import { printUrl } from "../http/location.ts"
import { type HttpResponse, header } from "../http/message.ts"
import { readAtMost } from "../http/response-body.ts"
import { parseRetryAfter } from "../http/retry-after.ts"
import { parseJson } from "../oci/json.ts"
import { isServerCode, RegistryError, type RegistryErrorCode } from "./registry-error.ts"

const MAX_BODY = 64 * 1024
/** In milliseconds: the status says most of it. */
const BODY_TIMEOUT = 10_000
const MAX_MESSAGE = 300
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504])

/** distribution-spec 1.1, Error Codes. Registries leave out or add to each of the fields. */
const errorsSchema = z.object({
  errors: z
    .array(z.object({ code: z.coerce.string().catch(""), message: z.string().catch("") }))
    .min(1)
    .max(1000),
})

interface ServerError {
  code: string
  message: string
}

export interface ErrorContext {
  method: string
  /** The registry as its user names it, for the hint how to log in. */
  registry: string
  /** Whose login was sent: see `nameOfLogin`. `undefined` where there is none. */
  login: string | undefined
  /**
   * What a 401 refuses: the login itself, a token that was got with it, or a request to another host than the registry's,
   * which gets neither. Default `login`.
   */
  refused?: "login" | "token" | "elsewhere" | undefined
  /** Milliseconds since 1970, for a `Retry-After` that is a date. */
  now: number
}

/** Makes an error of an answer that is none of those wanted. Reads its body, 64 KiB at most. */
export async function responseError(response: HttpResponse, context: ErrorContext): Promise<RegistryError> {
  const { status } = response
  const url = printUrl(response.url)
  const errors = await readErrors(response)
  const chosen = errors.find((error) => error.code.endsWith("BLOB_UNKNOWN")) ?? errors[0]
  const code = chosen !== undefined && isServerCode(chosen.code) ? chosen.code : codeOfStatus(status)
  const said = chosen === undefined ? "" : `: ${describe(chosen, code)}`
  const why = status === 401 ? whyUnauthorized(response.url.host, context) : ""
  return new RegistryError(code, `${why}${context.method} ${url}: ${code} (HTTP ${status})${said}`, {
    status,
    method: context.method,
    url,
    transient: TRANSIENT.has(status),
    retryAfter: parseRetryAfter(header(response, "retry-after"), context.now),
    hint: hintOf(status, context),
  })
}

async function readErrors(response: HttpResponse): Promise<ServerError[]> {
  try {
    const bytes = await readAtMost(response, MAX_BODY, Math.min(BODY_TIMEOUT, response.documentTimeout))
    return bytes === undefined ? [] : parseJson(bytes, "the error", errorsSchema).errors
  } catch {
    // A proxy's HTML page, an empty body or a broken connection: the status has to do.
    return []
  }
}

/** The server's words, shortened, and without control characters that could steer a terminal. */
function describe(error: ServerError, code: RegistryErrorCode): string {
  const text = error.code === code ? error.message : `${error.code} ${error.message}`
  const clean = text.replaceAll(/\p{Cc}+/gu, " ").trim()
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean
}

function codeOfStatus(status: number): RegistryErrorCode {
  if (status === 401) return "UNAUTHORIZED"
  if (status === 403) return "DENIED"
  if (status === 429) return "TOOMANYREQUESTS"
  if (status >= 500) return "REGISTRY_FAILED"
  return status >= 400 ? "REQUEST_REFUSED" : "INVALID_RESPONSE"
}

/** How to log in, in the words of the tools whose credentials Waybill uses. */
function loginHint(registry: string): string {
  return `log in with "docker login ${registry}" or "podman login ${registry}"`
}

/** A login that is wrong takes other steps than one that is missing. */
function whyUnauthorized(host: string, { registry, login, refused }: ErrorContext): string {
  if (refused === "elsewhere") return `${registry} leads to ${host}, which refuses what it is asked there: `
  if (login === undefined) return `${registry} asks for a login, and there is none for it: `
  if (refused === "token")
    return `${registry} takes the login that is there for it (${login}), but not for this: `
  return `${registry} does not take the login that is there for it (${login}): `
}

function hintOf(status: number, { registry, login, refused }: ErrorContext): string | undefined {
  if (status === 401 && refused === "elsewhere")
    return "your login is not sent there: run the same command again, and if that does not help, ask whoever runs the registry"
  if (status === 401 && login === undefined) return loginHint(registry)
  if (status === 401 && refused === "token")
    return `the login is good, and may not do this there: check what the account may do, or ${loginHint(registry)} as another`
  if (status === 401) return `the password or token is wrong, or no longer good: ${loginHint(registry)} again`
  if (status === 403) return `check that your account may do this there, or ${loginHint(registry)}`
  if (status === 429) return "the registry limits how often it is asked: wait, or log in for a higher limit"
  if (status === 413)
    return "the registry, or a proxy before it, limits the size of a request: raise that limit"
  if (status >= 500) return "the registry fails: look at its log, then run the same command again"
  return undefined
}
