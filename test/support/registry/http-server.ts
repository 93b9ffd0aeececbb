import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"

export interface ServerTls {
  key: string
  cert: string
  /** Client certificates signed by this authority are demanded. */
  clientCa?: string | undefined
}

export interface RunningServer {
  /** `127.0.0.1:PORT` */
  host: string
  origin: string
  close(): Promise<void>
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Serves on loopback, on a port that the system chooses. A handler that throws answers 500. */
export async function startServer(handler: Handler, tls?: ServerTls): Promise<RunningServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handler(request, response).catch((error: unknown) => {
      if (response.headersSent || request.destroyed) return response.destroy()
      response.writeHead(500, { "content-type": "text/plain" }).end(String(error))
    })
  }
  const server = tls
    ? createTlsServer(
        {
          key: tls.key,
          cert: tls.cert,
          ...(tls.clientCa ? { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true } : {}),
        },
        listener,
      )
    : createServer(listener)
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    origin: `${tls ? "https" : "http"}://${host}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": bytes.length,
    ...headers,
  })
  response.end(bytes)
}

/** An error as distribution-spec 1.1 has it. */
export function answerError(
  response: ServerResponse,
  status: number,
  code: string,
  message = code.toLowerCase(),
  headers: Record<string, string> = {},
): void {
  answerJson(response, status, { errors: [{ code, message }] }, headers)
}
