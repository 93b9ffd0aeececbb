import { createServer, request as httpRequest } from "node:http"
import { type AddressInfo, connect } from "node:net"

export interface NetworkProxy {
  url: string
  /** `METHOD target` of each request. */
  asked: string[]
  close(): Promise<void>
}

/** An HTTP proxy that takes every host to one registry, and so stands for the network. */
export async function startNetworkProxy(target: string): Promise<NetworkProxy> {
  const asked: string[] = []
  const [host = "", port = ""] = target.split(":")
  const sockets = new Set<{ destroy(): unknown }>()
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { pathname, search } = new URL(request.url ?? "")
    const { method, headers } = request
    const upstream = httpRequest({ host, port, method, headers, path: pathname + search }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    upstream.on("error", () => response.destroy())
    request.pipe(upstream)
  })
  proxy.on("connect", (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`)
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    sockets.add(socket)
    upstream.on("error", () => socket.destroy())
    socket.on("error", () => upstream.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  return {
    asked,
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        proxy.close(() => resolve())
        for (const socket of sockets) socket.destroy()
        proxy.closeAllConnections()
      }),
  }
}
