import { serverAway } from "../../calls/problem.ts"

interface SendOptions {
  headers?: Readonly<Record<string, string>>
  signal: AbortSignal
  /** How much of the body is on its way, in bytes. */
  onSent?: ((bytes: number) => void) | undefined
}

export interface Sent {
  status: number
  body: string
  header: (name: string) => string | null
}

/** Sends a request whose progress can be heard, which `fetch` does not tell. Throws `SERVER_AWAY`, and why it was given up. */
export function send(
  method: string,
  url: string,
  body: Blob | null,
  { headers = {}, signal, onSent }: SendOptions,
): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>()
  const request = new XMLHttpRequest()
  const stop = () => request.abort()
  signal.addEventListener("abort", stop)
  request.upload.onprogress = ({ loaded }) => onSent?.(loaded)
  request.onload = () => {
    const { status, responseText } = request
    resolve({ status, body: responseText, header: (name) => request.getResponseHeader(name) })
  }
  request.onerror = () => reject(serverAway(new Error(`${method} ${url} broke off`)))
  request.onabort = () => reject(signal.reason)
  request.open(method, url)
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  if (signal.aborted) reject(signal.reason)
  else request.send(body)
  return promise.finally(() => signal.removeEventListener("abort", stop))
}
