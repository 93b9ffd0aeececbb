/** What the headers of an answer say to keep, as `name=value`, or nothing where it takes a cookie away. */
export function cookieOf(answer: Response): string {
  const [cookie = ""] = answer.headers.getSetCookie()
  return cookie.split(";")[0] ?? ""
}

/** Headers that Chromium sends with a request of a page of the server itself, and of another one. */
export const SAME_ORIGIN = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }

interface SignedIn {
  /** Asks as the browser does, from a page of the server. */
  ask(path: string, options?: RequestInit): Promise<Response>
  cookie: string
  answer: Response
}

/** Signs a browser in, with a token or a code. */
export async function signIn(
  url: string,
  given: { secret: string } | { code: string },
  headers: Record<string, string> = {},
): Promise<SignedIn> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...SAME_ORIGIN, ...headers },
    body: JSON.stringify(given),
  })
  const cookie = cookieOf(answer)
  const ask = (path: string, options: RequestInit = {}) =>
    fetch(url + path, { ...options, headers: { ...SAME_ORIGIN, ...headers, cookie, ...options.headers } })
  return { ask, cookie, answer }
}
