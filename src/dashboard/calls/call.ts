import { replaceEqualDeep } from "@tanstack/react-query"
import { problemOf, serverAway } from "./problem.ts"
import type { Answer, CallInput, CallName } from "./routes.ts"

const API = "/api/v1"

/** Any call: what its route takes is a matter of types. */
interface AnyInput {
  params?: Readonly<Record<string, unknown>>
  query?: Readonly<Record<string, unknown>> | undefined
  body?: unknown
}

interface CallOptions {
  signal?: AbortSignal | undefined
  /** Of what the change is bound to: see `If-Match` in docs/api.md. */
  etag?: string | undefined
}

/**
 * Calls a route of the API with the cookie of the session: `call("get /fleets/{organization}/{name}", { params })`. Throws a
 * `CallError`.
 */
export async function call<Name extends CallName>(
  name: Name,
  input: CallInput<Name>,
  { signal, etag }: CallOptions = {},
): Promise<Answer<Name>> {
  const [method = "", path = ""] = name.split(" ")
  const { body }: AnyInput = input
  const response = await fetch(urlOf(path, input), {
    method: method.toUpperCase(),
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(etag !== undefined && { "if-match": etag }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw serverAway(error)
  })
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as Answer<Name>
  if (!response.headers.get("content-type")?.startsWith("application/json")) {
    return (await response.text()) as Answer<Name>
  }
  const answer = (await response.json()) as Answer<Name> & object
  etags.set(answer, response.headers.get("etag") ?? undefined)
  return answer
}

/** An answer that shares with the one before what is the same in both, as the cache keeps it; it has the tag of the later one. */
export function sharedAnswer(before: unknown, after: unknown): unknown {
  const shared: unknown = replaceEqualDeep(before, after)
  if (isObject(shared) && isObject(after)) etags.set(shared, etags.get(after))
  return shared
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null
}

/** The entity tag that came with an answer, for a change that is bound to it. Copies of the answer have none. */
export function etagOf(answer: object): string | undefined {
  return etags.get(answer)
}

const etags = new WeakMap<object, string | undefined>()

/** The address of a route, for links and downloads. */
export function urlOf(path: string, { params = {}, query = {} }: AnyInput): string {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().flatMap((each) => (each === undefined ? [] : [[name, String(each)]])),
    ),
  )
  return `${API}${place}${search.size === 0 ? "" : `?${search}`}`
}
