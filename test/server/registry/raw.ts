import { once } from "node:events"
import { readdir, readlink } from "node:fs/promises"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { expect, vi } from "vitest"

/** A connection that sends what no client would. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  // A connection that is cut is what tests ask for.
  socket.on("error", () => undefined)
  await once(socket, "connect")
  return socket
}

/** The head of a request; lines are added to it. */
export function headOf(method: string, path: string, ...lines: string[]): string {
  return [`${method} ${path} HTTP/1.1`, "Host: registry.example", ...lines, "", ""].join("\r\n")
}

/** Sends bytes as they are and gives the answer, read until the server closes; empty where it gives none. */
export async function answerTo(url: string, text: string): Promise<{ status: number; text: string }> {
  const socket = await connectTo(url)
  const parts: Buffer[] = []
  socket.on("data", (part) => parts.push(part))
  socket.write(Buffer.from(text, "latin1"))
  await new Promise((resolve) => socket.once("close", resolve))
  const answer = Buffer.concat(parts).toString()
  return { status: Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0), text: answer }
}

/** Until a connection has ended, however it does. */
export async function untilClosed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve))
}

/** Files of tests, and sockets, that this process has open; sockets are told apart by their numbers. */
export async function openFiles(): Promise<string[]> {
  const folder = "/proc/self/fd"
  // One of them is the folder itself, which is closed by then.
  const links = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => ""))
  return (await Promise.all(links)).filter((link) => /^socket:|waybill-test-/.test(link))
}

/** Waits until nothing is open that was not before. */
export async function untilLetGo(before: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => expect((await openFiles()).filter((link) => !before.includes(link))).toEqual([]),
    { timeout: 20_000 },
  )
}
