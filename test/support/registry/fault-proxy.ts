import { once } from "node:events"
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http"
import { startServer } from "./http-server.ts"

export type Fault =
  /** Answers by itself, `early` before it has read the request's body; the registry hears nothing of it. */
  | { kind: "answer"; status: number; headers?: Record<string, string>; body?: string; early?: boolean }
  /** Breaks the connection when so many bytes of the answer's body have passed. */
  | { kind: "drop download"; after: number }
  /** Breaks both connections when so many bytes of the request's body have passed. */
  | { kind: "drop upload"; after: number }
  /** Lets the request through, and breaks the connection instead of passing the answer. */
  | { kind: "drop answer" }
  /** Cuts bytes off the answer's body, with a `Content-Length` to match. */
  | { kind: "shorten"; by: number }
  /** Changes one byte of the answer's body. */
  | { kind: "flip"; at: number }
  /** Changes one byte of the request's body. */
  | { kind: "flip upload"; at: number }
  /** Passes so many bytes of the answer's body, and then nothing, with the connection open. */
  | { kind: "stall"; after: number }
  /** Takes a request and never answers. */
  | { kind: "hang" }
  /** Opens an ordinary upload instead of mounting. */
  | { kind: "refuse mount" }
  /** Reports content as present, whatever the registry has. */
  | { kind: "report present" }

export interface FaultRule {
  /** Fits `METHOD url`. */
  on: RegExp
  /** How many requests it strikes. Default 1. */
  times?: number | undefined
  /** How many that fit pass before. Default 0. */
  skip?: number | undefined
  fault: Fault
}

export interface FaultProxy {
  /** `127.0.0.1:PORT`: a registry's name. */
  host: string
  /** Requests that a fault struck, as `METHOD url`. */
  struck: string[]
  /** All requests, as `METHOD url`. */
  seen: string[]
  close(): Promise<void>
}

/** Stands before a registry (plain HTTP, `host:port`) and makes trouble by a script. */
export async function startFaultProxy(target: string, script: readonly FaultRule[]): Promise<FaultProxy> {
  const rules = script.map(({ on, times = 1, skip = 0, fault }) => ({ on, times, skip, fault }))
  const struck: string[] = []
  const seen: string[] = []
  const server = await startServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    seen.push(line)
    const rule = rules.find(({ on, times }) => times > 0 && on.test(line))
    let fault: Fault | undefined
    if (rule !== undefined && rule.skip > 0) rule.skip--
    else if (rule !== undefined) {
      rule.times--
      struck.push(line)
      fault = rule.fault
    }
    await pass(target, request, response, fault)
  })
  return { host: server.host, struck, seen, close: server.close }
}

async function pass(target: string, request: IncomingMessage, response: ServerResponse, fault?: Fault) {
  if (fault?.kind === "answer") {
    if (!fault.early) for await (const _ of request);
    response.writeHead(fault.status, {
      "content-length": Buffer.byteLength(fault.body ?? ""),
      ...fault.headers,
    })
    response.end(fault.body)
    return
  }
  if (fault?.kind === "hang") return
  if (fault?.kind === "report present") {
    response.writeHead(200).end()
    return
  }
  const [host = "", port] = target.split(":")
  const path = fault?.kind === "refuse mount" ? request.url?.replace(/\?.*/, "") : request.url
  const upstream = httpRequest({
    host,
    port,
    method: request.method,
    path,
    headers: request.headers,
    agent: false,
  })
  const answered = once(upstream, "response") as Promise<[IncomingMessage]>
  const { socket } = request
  answered.catch(() => socket.destroy())
  upstream.on("error", () => undefined)
  if (!(await passRequest(request, upstream, fault))) return
  const [answer] = await answered
  if (fault?.kind === "drop answer") {
    answer.resume()
    await once(answer, "end")
    socket.destroy()
    return
  }
  await passAnswer(request, answer, response, fault)
}

/** Passes a request's body on; `false` if it broke off. */
async function passRequest(
  request: IncomingMessage,
  upstream: ReturnType<typeof httpRequest>,
  fault: Fault | undefined,
): Promise<boolean> {
  let passed = 0
  // Headers alone are no reason to wait for a first byte.
  upstream.flushHeaders()
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const bytes = fault?.kind === "flip upload" ? flip(chunk, fault.at - passed) : chunk
    const end = fault?.kind === "drop upload" ? fault.after - passed : bytes.length
    passed += bytes.length
    await new Promise((resolve) => upstream.write(bytes.subarray(0, end), resolve))
    if (end < bytes.length) {
      upstream.destroy()
      request.socket.destroy()
      return false
    }
  }
  upstream.end()
  return true
}

async function passAnswer(
  request: IncomingMessage,
  answer: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const headers = { ...answer.headers }
  let left = Number.POSITIVE_INFINITY
  if (fault?.kind === "shorten") {
    left = Number(headers["content-length"]) - fault.by
    headers["content-length"] = String(left)
  }
  if (fault?.kind === "drop download" || fault?.kind === "stall") left = fault.after
  response.writeHead(answer.statusCode ?? 500, headers)
  let passed = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const bytes = (fault?.kind === "flip" ? flip(chunk, fault.at - passed) : chunk).subarray(0, left)
    passed += bytes.length
    left -= bytes.length
    await new Promise((resolve) => response.write(bytes, resolve))
    if (left > 0) continue
    if (fault?.kind === "stall") {
      answer.destroy()
      return
    }
    if (fault?.kind === "drop download") {
      answer.destroy()
      request.socket.destroy()
      return
    }
    answer.destroy()
    break
  }
  response.end()
}

function flip(chunk: Buffer, at: number): Buffer {
  if (at < 0 || at >= chunk.length) return chunk
  const changed = Buffer.from(chunk)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
