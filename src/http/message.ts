import type { Dispatcher } from "undici"

export interface HttpRequest {
  method: Dispatcher.HttpMethod
  url: URL
  headers: Record<string, string>
  body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  signal?: AbortSignal | undefined
}

export interface HttpResponse {
  status: number
  url: URL
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Dispatcher.ResponseData["body"]
  /** Milliseconds to read it whole, if it is a small one. */
  documentTimeout: number
}

/** In milliseconds: what nobody needs is not waited for longer. */
const DISCARD_TIMEOUT = 5000

/** A header's value; several of one name are joined as RFC 9110, 5.3 says. */
export function header(response: HttpResponse, name: string): string | undefined {
  const value = response.headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/**
 * Reads and drops what is left of a small body, so that its connection can be used again; breaks it off if it is large
 * or does not come.
 */
export async function discard(response: HttpResponse): Promise<void> {
  const signal = AbortSignal.timeout(Math.min(DISCARD_TIMEOUT, response.documentTimeout))
  await response.body.dump({ limit: 64 * 1024, signal }).catch(() => undefined)
}

export function isStream(body: HttpRequest["body"]): body is AsyncIterable<Uint8Array> {
  return body !== undefined && !(body instanceof Uint8Array)
}

/** Breaks off an answer whose body nobody wants, and its connection with it. */
export function breakOff(response: HttpResponse): void {
  response.body.on("error", () => undefined).destroy()
}
