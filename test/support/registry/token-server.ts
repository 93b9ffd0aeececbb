import { createSign, createVerify, randomUUID } from "node:crypto"
import { generate } from "selfsigned"
import type { NeededAccess } from "./access.ts"
import { answerJson, readBody, startServer } from "./http-server.ts"

export interface TokenServerOptions {
  /** Users and their passwords. None: everyone may do everything. */
  users?: Readonly<Record<string, string>> | undefined
  /** Identity tokens that are taken instead of a user and password. */
  identityTokens?: readonly string[] | undefined
  /** What may be done, of what is asked. Default: all of it. */
  grant?: ((access: { repository: string; action: string }, user: string) => boolean) | undefined
  /** Seconds that a token lasts, as `expires_in`; `null` leaves it out, and it lasts 60. Default 300. */
  lifetime?: number | null | undefined
  /** Name of the field that holds the token. Default `token`. */
  field?: "token" | "access_token" | undefined
}

interface LoggedTokenRequest {
  method: string
  scopes: string[]
  service: string | null
  authorization: string | undefined
  grantType: string | null
}

export interface TokenServer {
  realm: string
  service: string
  issuer: string
  /** The certificate that signs, in PEM: docker-registry's `rootcertbundle`. */
  certificate: string
  requests: LoggedTokenRequest[]
  /** Whether a token is good for all of these. */
  allows(token: string, needed: readonly NeededAccess[]): boolean
  /** Ends every token given out so far. */
  revokeAll(): void
  close(): Promise<void>
}

interface Claims {
  jti: string
  exp: number
  access: { type: string; name: string; actions: string[] }[]
}

/** A token server as docker-registry's `auth.token` trusts it, with a key made on the fly. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const pems = await generate([{ name: "commonName", value: "token server" }], {
    keySize: 2048,
    algorithm: "sha256",
  })
  const chain = [pems.cert.replaceAll(/-----[^-]+-----|\s/g, "")]
  const requests: LoggedTokenRequest[] = []
  const service = "test-registry"
  const issuer = "test-issuer"
  let valid = new Set<string>()

  const server = await startServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    const form =
      request.method === "POST" ? new URLSearchParams((await readBody(request)).toString()) : undefined
    const scopes = form ? (form.get("scope") ?? "").split(" ") : url.searchParams.getAll("scope")
    requests.push({
      method: request.method ?? "",
      scopes,
      service: (form ?? url.searchParams).get("service"),
      authorization: request.headers.authorization,
      grantType: form?.get("grant_type") ?? null,
    })
    const user = identify(options, request.headers.authorization, form)
    if (user === undefined) return answerJson(response, 401, { details: "incorrect username or password" })
    const seconds = options.lifetime === undefined ? 300 : options.lifetime
    const now = Math.floor(Date.now() / 1000)
    const jti = randomUUID()
    valid.add(jti)
    const claims = {
      iss: issuer,
      sub: user,
      aud: service,
      exp: now + (seconds ?? 60),
      nbf: now - 10,
      iat: now,
      jti,
      access: accessOf(scopes, (access) => options.grant?.(access, user) ?? true),
    }
    const token = sign({ typ: "JWT", alg: "RS256", x5c: chain }, claims, pems.private)
    answerJson(response, 200, {
      [options.field ?? "token"]: token,
      ...(seconds === null ? {} : { expires_in: seconds }),
    })
  })

  return {
    realm: `${server.origin}/token`,
    service,
    issuer,
    certificate: pems.cert,
    requests,
    allows(token, needed) {
      const claims = verify(token, pems.cert)
      if (claims === undefined || !valid.has(claims.jti) || claims.exp * 1000 < Date.now()) return false
      return needed.every(({ repository, action }) =>
        claims.access.some(({ name, actions }) => name === repository && actions.includes(action)),
      )
    },
    revokeAll() {
      valid = new Set()
    },
    close: server.close,
  }
}

/** The user's name, empty for an anonymous one; `undefined` if the login is wrong. */
function identify(
  options: TokenServerOptions,
  authorization: string | undefined,
  form: URLSearchParams | undefined,
): string | undefined {
  if (form) {
    const known = form.get("grant_type") === "refresh_token"
    return known && options.identityTokens?.includes(form.get("refresh_token") ?? "") ? "<token>" : undefined
  }
  if (authorization === undefined) return options.users || options.identityTokens ? undefined : ""
  const [user = "", ...password] = Buffer.from(authorization.replace("Basic ", ""), "base64")
    .toString()
    .split(":")
  return options.users?.[user] === password.join(":") ? user : undefined
}

function accessOf(
  scopes: readonly string[],
  granted: (access: { repository: string; action: string }) => boolean,
): Claims["access"] {
  return scopes
    .filter((scope) => scope !== "")
    .map((scope) => {
      const [type = "", ...rest] = scope.split(":")
      const actions = (rest.pop() ?? "").split(",")
      const name = rest.join(":")
      return { type, name, actions: actions.filter((action) => granted({ repository: name, action })) }
    })
}

function sign(head: object, claims: object, key: string): string {
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")
  return `${text}.${createSign("sha256").update(text).sign(key, "base64url")}`
}

function verify(token: string, certificate: string): Claims | undefined {
  const [head = "", claims = "", signature = ""] = token.split(".")
  const good = createVerify("sha256").update(`${head}.${claims}`).verify(certificate, signature, "base64url")
  return good ? (JSON.parse(Buffer.from(claims, "base64url").toString()) as Claims) : undefined
}
