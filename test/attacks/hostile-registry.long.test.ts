import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Socket } from "node:net"
import { setTimeout } from "node:timers/promises"
import { describe, expect, onTestFinished, test } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import type { RegistryClientOptions } from "../../src/registry/registry-client.ts"
import type { Repository } from "../../src/registry/repository.ts"
import { blob, makeClient, manifest, read } from "../support/registry/content.ts"
import { answerJson, startServer } from "../support/registry/http-server.ts"

const layer = blob(300_000)
const large = blob(24 * 1024 * 1024)
const image = manifest([blob(10)])

/** Patience is short here; what is counted is the same. */
const SHORT = {
  timeouts: { connect: 300, answer: 500, upload: 1000, body: 400, document: 300 },
  leastRate: { bytesPerSecond: 20_000, window: 120 },
} satisfies Partial<RegistryClientOptions>

type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>

/** A repository of a registry that answers like that, with a log of `METHOD url`. */
async function attackedBy(answer: Answer, options: Partial<RegistryClientOptions> = SHORT) {
  const log: string[] = []
  const server = await startServer(async (request, response) => {
    log.push(`${request.method} ${request.url}`)
    await answer(response, request)
  })
  const client = makeClient(options)
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  return { repository: client.repository(server.host, "acme/edge"), log, host: server.host, client }
}

/** Begins an answer, and gives one byte of its body every few milliseconds until nobody listens. */
async function drip(response: ServerResponse, status: number, headers: Record<string, string> = {}) {
  response.writeHead(status, headers).flushHeaders()
  while (!response.destroyed) {
    response.write(" ")
    await setTimeout(10)
  }
}

/** A registry that speaks no HTTP of its own accord: what it sends is up to `speak`. */
async function rawHost(
  speak: (socket: Socket, head: string) => void,
  onConnection?: (socket: Socket) => void,
) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => undefined)
    onConnection?.(socket)
    let head = ""
    socket.on("data", (chunk) => {
      // The first bytes of a TLS handshake are answered like a server of plain HTTP does.
      if (head === "" && chunk[0] === 0x16 && onConnection === undefined) {
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
        return
      }
      head += chunk.toString("latin1")
      if (!head.includes("\r\n\r\n")) return
      speak(socket, head)
      head = ""
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as { port: number }
  return `127.0.0.1:${port}`
}

function repositoryAt(host: string, options: Partial<RegistryClientOptions> = SHORT): Repository {
  const client = makeClient(options)
  onTestFinished(() => client.close())
  return client.repository(host, "acme/edge")
}

/** Writes something every few milliseconds, for as long as the other side listens. */
async function keepWriting(socket: Socket, bytes: string | Buffer, every = 10) {
  while (!socket.destroyed && socket.writable) {
    socket.write(bytes)
    await setTimeout(every)
  }
}

const tags = async (repository: Repository) => {
  let count = 0
  for await (const _ of repository.tags()) count++
  return count
}

describe("lists without an end", () => {
  const page = (count: number, one: (at: number) => unknown) =>
    Array.from({ length: count }, (_, at) => one(at))
  const referrer = (at: number) => ({
    mediaType: MediaType.ociManifest,
    digest: digestOf(Buffer.from(String(at))),
    size: 7,
    artifactType: "application/vnd.example.signature",
  })

  test("of referrers are given up within 32 MiB", async () => {
    const manifests = page(15_000, referrer)
    let number = 0
    const { repository, log } = await attackedBy((response) =>
      answerJson(response, 200, { manifests }, { link: `</v2/next?page=${++number}>; rel="next"` }),
    )
    await expect(repository.referrers(image.descriptor)).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
      message: expect.stringContaining("32 MiB"),
    })
    const size = JSON.stringify({ manifests }).length
    expect(log).toHaveLength(Math.floor((32 * 1024 * 1024) / size) + 1)
  })

  test("of tags are given up within 32 MiB", async () => {
    const names = page(16_000, (at) => `${"v".repeat(100)}${at}`)
    let number = 0
    const { repository, log } = await attackedBy((response) =>
      answerJson(response, 200, { tags: names }, { link: `<?last=${++number}>; rel="next"` }),
    )
    await expect(tags(repository)).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
      message: expect.stringContaining("32 MiB"),
    })
    expect(log.length).toBeLessThan(25)
  })

  test("with nothing on their pages but long links are given up too", async () => {
    let number = 0
    const { repository, log } = await attackedBy((response) =>
      answerJson(
        response,
        200,
        { tags: [] },
        { link: `<?last=${"x".repeat(12_000)}${++number}>; rel="next"` },
      ),
    )
    await expect(tags(repository)).rejects.toMatchObject({ code: "INVALID_RESPONSE" })
    expect(log.length).toBeLessThan(3000)
  })

  test("with short links end after 10,000 pages", async () => {
    let number = 0
    const { repository, log } = await attackedBy((response) =>
      answerJson(response, 200, { tags: [] }, { link: `<?last=${++number}>; rel="next"` }),
    )
    await expect(tags(repository)).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
      message: expect.stringContaining("10000 pages"),
    })
    expect(log).toHaveLength(10_001)
  })

  test("whose pages each come just in time end when the time of the list is over", async () => {
    let number = 0
    const { repository, log, host } = await attackedBy(
      async (response) => {
        await setTimeout(50)
        answerJson(response, 200, { tags: [] }, { link: `<?last=${++number}>; rel="next"` })
      },
      { timeouts: { list: 600 } },
    )
    await expect(tags(repository)).rejects.toMatchObject({
      code: "TRANSFER_TOO_SLOW",
      message: `${host}/acme/edge: the registry's list takes longer than 0.6 s in all`,
    })
    expect(log.length).toBeGreaterThan(1)
    expect(log.length).toBeLessThan(20)
  })

  test("end at once when nobody wants them any more", async () => {
    const stop = new AbortController()
    const { repository } = await attackedBy(() => stop.abort(new Error("enough")), {})
    await expect(Array.fromAsync(repository.tags({ signal: stop.signal }))).rejects.toThrow("enough")
    await expect(Array.fromAsync(repository.tags({ signal: stop.signal }))).rejects.toThrow("enough")
  })

  test("are refused with a page over 4 MiB", async () => {
    const { repository, log } = await attackedBy((response) =>
      answerJson(response, 200, { tags: ["v".repeat(5_000_000)] }),
    )
    await expect(tags(repository)).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
      message: expect.stringContaining("4 MiB"),
    })
    expect(log).toHaveLength(1)
  })
})

describe("a registry that drips", () => {
  test("a blob is asked six times in all, and then given up with what to change", async () => {
    const { repository, log } = await attackedBy((response) =>
      drip(response, 200, { "content-length": String(layer.bytes.length) }),
    )
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "TRANSFER_TOO_SLOW",
      message: expect.stringContaining("slower than 20000 bytes per second"),
      hint: expect.stringContaining("--min-rate"),
    })
    expect(log).toHaveLength(6)
  })

  test("one byte for each connection is asked six times in all", async () => {
    const { repository, log } = await attackedBy((response, request) => {
      const start = Number(/=(\d+)/.exec(request.headers.range ?? "")?.[1] ?? 0)
      const size = layer.bytes.length
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": size - start,
        "content-range": `bytes ${start}-${size - 1}/${size}`,
      })
      response.write(layer.bytes.subarray(start, start + 1), () => response.destroy())
    })
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({ code: "CONNECTION_LOST" })
    expect(log).toHaveLength(6)
  })

  const dripped = /takes longer than 0.3 s for a small answer/
  test.for<[string, (repository: Repository) => Promise<unknown>]>([
    ["a manifest", (repository) => repository.resolve("v1")],
    ["the content of a manifest", (repository) => read(repository.fetch(image.descriptor))],
    ["a page of tags", tags],
    ["referrers", (repository) => repository.referrers(image.descriptor)],
  ])("%s is given up within the time of small answers", async ([, work]) => {
    const { repository, log } = await attackedBy((response) => drip(response, 200))
    await expect(work(repository)).rejects.toMatchObject({
      code: "TRANSFER_TOO_SLOW",
      message: expect.stringMatching(dripped),
    })
    expect(log).toHaveLength(1)
  })

  test("a token is given up within the time of small answers", async () => {
    const tokens = await startServer((_, response) => drip(response, 200))
    onTestFinished(() => tokens.close())
    const { repository } = await attackedBy((response) => {
      response.writeHead(401, { "www-authenticate": `Bearer realm="${tokens.origin}/token"` }).end()
    })
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      code: "TRANSFER_TOO_SLOW",
      message: expect.stringMatching(dripped),
    })
  })

  test("the words of an error is not waited for: its status says enough", async () => {
    const { repository, log } = await attackedBy((response) => drip(response, 403))
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "DENIED", status: 403 })
    expect(log).toHaveLength(1)
  })

  test("the body of a redirect, of a missing blob and of a HEAD is not waited for", async () => {
    const { repository } = await attackedBy((response, { url = "" }) => {
      if (url.endsWith("/there")) return drip(response, 404)
      return drip(response, 307, { location: "/there" })
    })
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
    })
    expect(await repository.exists(layer.descriptor)).toBe(false)
  })

  test("its headers is given up within the time of an answer", async () => {
    const host = await rawHost((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ")
      void keepWriting(socket, "x")
    })
    await expect(
      repositoryAt(host, { ...SHORT, retry: { attempts: 1 } }).resolve("v1"),
    ).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringContaining("no answer within the time limit"),
    })
  })

  test("answers of status 103 for ever is given up within the time of an answer", async () => {
    const host = await rawHost((socket) => void keepWriting(socket, "HTTP/1.1 103 Early Hints\r\n\r\n"))
    await expect(
      repositoryAt(host, { ...SHORT, retry: { attempts: 1 } }).resolve("v1"),
    ).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringContaining("no answer within the time limit"),
    })
  })

  test("a TLS handshake is given up within the time of a connection", async () => {
    const host = await rawHost(
      () => undefined,
      (socket) => {
        // The beginning of a handshake record of 16 KiB, which never comes.
        socket.write(Buffer.from([0x16, 0x03, 0x03, 0x3f, 0xff]))
        void keepWriting(socket, Buffer.alloc(1))
      },
    )
    await expect(
      repositoryAt(host, { ...SHORT, retry: { attempts: 1 } }).resolve("v1"),
    ).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining("no connection within the time limit"),
    })
  })
})

describe("a registry that takes an upload by drops", () => {
  /** What lies in the buffers of the system between the two counts as taken. */
  const FASTER = { ...SHORT, leastRate: { bytesPerSecond: 4_000_000, window: 120 } }

  /** Opens uploads, and says nothing of what it has. */
  const session: Answer = (response, { method }) => {
    if (method === "POST") response.writeHead(202, { location: "/v2/acme/edge/blobs/uploads/1" }).end()
    else response.writeHead(404).end()
  }

  test("is asked six times in all, and then given up", async () => {
    const { repository, log } = await attackedBy(async (response, request) => {
      if (request.method !== "PUT") return session(response, request)
      while (!request.destroyed) {
        request.read(1)
        await setTimeout(10)
      }
    }, FASTER)
    await expect(repository.push(large.descriptor, large.body)).rejects.toMatchObject({
      code: "TRANSFER_TOO_SLOW",
      message: expect.stringMatching(/^PUT .*slower than 4000000 bytes per second/),
    })
    expect(log.filter((line) => line.startsWith("PUT"))).toHaveLength(6)
  })

  test("is not gone on with because it confirms a byte more each time", async () => {
    let stored = 0
    const { repository, log } = await attackedBy((response, request) => {
      if (request.method === "PUT" || request.method === "PATCH") return void request.socket.destroy()
      if (request.method !== "GET") return session(response, request)
      response.writeHead(204, { range: `0-${++stored}`, location: "/v2/acme/edge/blobs/uploads/1" }).end()
    })
    await expect(repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "CONNECTION_LOST",
    })
    expect(log.filter((line) => /^(PUT|PATCH)/.test(line))).toHaveLength(6)
  })

  test("refuses each token in the middle, and is asked no more than twice at one place", async () => {
    const { repository, log } = await attackedBy((response, request) => {
      if (request.method !== "PUT") return session(response, request)
      response.writeHead(401, { "www-authenticate": "Basic" }).end()
    })
    await expect(repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    })
    expect(log.filter((line) => line.startsWith("PUT"))).toHaveLength(2)
  })
})

describe("time that is not the registry's", () => {
  test("is that of a slow consumer: its download goes on", async () => {
    const { repository, log } = await attackedBy((response) => void response.end(large.bytes))
    let size = 0
    let pauses = 0
    for await (const chunk of repository.fetch(large.descriptor)) {
      size += chunk.length
      // Each pause is longer than the whole patience with a registry.
      if (pauses < 4 && size > pauses * 100_000) {
        pauses++
        await setTimeout(300)
      }
    }
    expect({ size, pauses }).toEqual({ size: large.bytes.length, pauses: 4 })
    expect(log).toHaveLength(1)
  })

  test("is that of a slow source: its upload goes on", async () => {
    const received: number[] = []
    const { repository, log } = await attackedBy(async (response, request) => {
      if (request.method === "POST")
        return void response.writeHead(202, { location: "/v2/acme/edge/blobs/uploads/1" }).end()
      for await (const chunk of request) received.push(chunk.length)
      response.writeHead(201).end()
    })
    await repository.push(layer.descriptor, async function* () {
      for (let at = 0; at < layer.bytes.length; at += 100_000) {
        await setTimeout(300)
        yield layer.bytes.subarray(at, at + 100_000)
      }
    })
    expect(received.reduce((sum, each) => sum + each, 0)).toBe(layer.bytes.length)
    expect(log).toHaveLength(2)
  })

  test("is none at all where no rate is asked for", async () => {
    const options = { ...SHORT, leastRate: { ...SHORT.leastRate, bytesPerSecond: 0 } }
    const { repository } = await attackedBy(async (response) => {
      for (let at = 0; at < 100; at++) {
        response.write(layer.bytes.subarray(at, at + 1))
        await setTimeout(5)
      }
      response.end(layer.bytes.subarray(100))
    }, options)
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })
})

describe("answers that lie", () => {
  test("about their length, being shorter, are asked for again and then given up", async () => {
    const { repository, log } = await attackedBy((response) => {
      response.writeHead(200, { "content-length": layer.bytes.length })
      response.write(layer.bytes.subarray(0, 1000), () => response.destroy())
    })
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({ code: "CONNECTION_LOST" })
    expect(log).toHaveLength(6)
  })

  test("about their length, being longer, are never content", async () => {
    const host = await rawHost((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${layer.bytes.length}\r\n\r\n`)
      socket.end(Buffer.concat([layer.bytes.subarray(0, -1), Buffer.from("!and more")]))
    })
    await expect(read(repositoryAt(host).fetch(layer.descriptor))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    })
  })

  test("with two lengths are refused", async () => {
    const host = await rawHost((socket) => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
    })
    await expect(repositoryAt(host).resolve("v1")).rejects.toMatchObject({ code: "CONNECTION_LOST" })
  })

  test("with headers of megabytes are refused", async () => {
    const { repository } = await attackedBy((response) => {
      response.writeHead(200, { "x-large": "x".repeat(1_000_000) }).end()
    })
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "INVALID_RESPONSE" })
  })

  test("that lead on and on are followed five times", async () => {
    const { repository, log } = await attackedBy((response, { url }) => {
      response.writeHead(307, { location: `${url}x` }).end()
    })
    for (const work of [
      () => repository.resolve("v1"),
      () => repository.exists(layer.descriptor),
      () => repository.push(image.descriptor, image.body),
    ]) {
      log.length = 0
      await expect(work()).rejects.toMatchObject({
        code: "INVALID_RESPONSE",
        message: expect.stringContaining("redirects more than 5 times"),
      })
      expect(log).toHaveLength(6)
    }
  })

  test("of 401 with a new challenge each time get one new token", async () => {
    let asked = 0
    const tokens = await startServer(async (_, response) =>
      answerJson(response, 200, { token: `t${++asked}` }),
    )
    onTestFinished(() => tokens.close())
    let number = 0
    const { repository, log } = await attackedBy((response) => {
      const scope = `repository:acme/edge:pull,other${++number}`
      const challenge = `Bearer realm="${tokens.origin}/${number}",scope="${scope}"`
      response.writeHead(401, { "www-authenticate": challenge }).end()
    })
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "UNAUTHORIZED" })
    expect({ log: log.length, asked }).toEqual({ log: 2, asked: 1 })
  })
})
