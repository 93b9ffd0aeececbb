import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { Bundle } from "../../src/bundle/bundle.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { PassingHash } from "../../src/bundle/passing-hash.ts"
import { buildRelease } from "../../src/bundle/release-index.ts"
import type { ContentFetcher } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { bytesOf, put, putImage, putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const ALGORITHMS = ["sha256", "sha384", "sha512"] as const
const MIB = 1024 * 1024

const digestsOf = (bytes: Uint8Array) =>
  ALGORITHMS.map((algorithm) => `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`)

/** A release of layers of these sizes, in bytes. */
async function releaseOf(content: MemoryContent, sizes: readonly number[]) {
  const layers = await Promise.all(
    sizes.map((size, at) => put(content, MediaType.ociLayer, bytesOf(at + 1, size))),
  )
  const image = await putImage(content, "amd64", layers)
  const documents = buildRelease(
    {
      commit: "c0ffee0",
      semver: "1.0.0",
      createdAt: "2026-01-02T03:04:05Z",
      composition: {},
      tags: {},
      services: { web: { image: image.digest } },
    },
    [{ service: "web", image }],
  )
  for (const { descriptor, bytes } of Object.values(documents)) await content.push(descriptor, bodyOf(bytes))
  return { plan: await planBundle(content, documents.index.descriptor), layers }
}

describe("the hash of a bundle that is being written", () => {
  test("into a file is that of the file, whatever is written first", async () => {
    const path = join(await temporaryFolder(), "release.tar")
    const content = new MemoryContent()
    const { plan, layers } = await releaseOf(content, [3 * MIB + 5, 0, 1, 2 * MIB, 511, 4 * MIB])
    for (const order of [layers, layers.toReversed()]) {
      const turns = new Map(order.map(({ digest }) => [digest, Promise.withResolvers<void>()]))
      turns.get(order[0]?.digest as never)?.resolve()
      const source: ContentFetcher = {
        async *fetch(descriptor, options) {
          const turn = turns.get(descriptor.digest)
          await turn?.promise
          yield* content.fetch(descriptor, options)
          const next = order[order.findIndex(({ digest }) => digest === descriptor.digest) + 1]
          if (turn !== undefined && next !== undefined) turns.get(next.digest)?.resolve()
        },
      }
      const digests = await writeBundleFile(source, plan, path, { integrity: ALGORITHMS, concurrency: 16 })
      expect(digests).toEqual(digestsOf(await readFile(path)))
    }
  })

  test("is that of a small file too, and nothing is hashed that nobody asks for", async () => {
    const path = join(await temporaryFolder(), "release.tar")
    const content = new MemoryContent()
    const plan = await planBundle(content, (await putRelease(content)).descriptor)
    const digests = await writeBundleFile(content, plan, path, { integrity: ALGORITHMS })
    const bytes = await readFile(path)
    expect(digests).toEqual(digestsOf(bytes))
    expect(await writeBundleFile(content, plan, path)).toEqual([])
    const bundle = await Bundle.open(path)
    expect(await bundle.fileDigests(ALGORITHMS)).toEqual(digestsOf(bytes))
    await bundle.close()
  })

  test("into a pipe is that of all that has passed", async () => {
    const content = new MemoryContent()
    for (const sizes of [[3 * MIB + 5, 0, 1, 6 * MIB], [7]]) {
      const { plan } = await releaseOf(content, sizes)
      await using hash = new PassingHash(ALGORITHMS)
      const passed = Buffer.concat(await Array.fromAsync(hash.through(bundleBytes(content, plan))))
      expect(passed).toHaveLength(plan.size)
      expect(await hash.digests()).toEqual(digestsOf(passed))
    }
  })
})

test("a bundle that is aborted while it is hashed leaves nothing behind, and says why", async () => {
  const folder = await temporaryFolder()
  const content = new MemoryContent()
  const { plan } = await releaseOf(content, [6 * MIB, 6 * MIB])
  const stop = new AbortController()
  const source: ContentFetcher = {
    async *fetch(descriptor, options) {
      yield* content.fetch(descriptor, options)
      if (descriptor.size > MIB) stop.abort(new Error("no time"))
    },
  }
  const writing = writeBundleFile(source, plan, join(folder, "release.tar"), {
    integrity: ALGORITHMS,
    signal: stop.signal,
  })
  await expect(writing).rejects.toThrow("no time")
  expect(await readdir(folder)).toEqual([])
})

describe("a hash of what passes", () => {
  test.each<[string, number[]]>([
    ["no bytes", []],
    ["an empty chunk", [0]],
    ["one buffer", [MIB]],
    ["one buffer and a byte", [MIB, 0, 1]],
    ["more than all buffers in one chunk", [6 * MIB + 3]],
    ["many small chunks", Array(3000).fill(700)],
  ])("is right for %s", async (_, sizes) => {
    const chunks = sizes.map((size, at) => bytesOf(at, size))
    await using hash = new PassingHash(ALGORITHMS)
    const passed = await Array.fromAsync(hash.through(each(chunks)))
    expect(passed.map((chunk) => chunk.length)).toEqual(sizes)
    expect(Buffer.concat(passed).equals(Buffer.concat(chunks))).toBe(true)
    expect(await hash.digests()).toEqual(digestsOf(Buffer.concat(chunks)))
  })

  test("ends with what it is passed, and its thread with it", async () => {
    const hash = new PassingHash(["sha256"])
    const broken = hash.through(
      (async function* () {
        yield new Uint8Array(5 * MIB)
        throw new Error("the pipe broke")
      })(),
    )
    await expect(Array.fromAsync(broken)).rejects.toThrow("the pipe broke")
    await hash[Symbol.asyncDispose]()
    await expect(hash.digests()).rejects.toThrow("the hash is closed")
  })

  test("lets nobody wait for ever when it is closed", async () => {
    const hash = new PassingHash(["sha256"])
    const endless = hash.through(
      (async function* () {
        for (;;) yield new Uint8Array(MIB)
      })(),
    )
    const reading = Array.fromAsync(endless)
    await hash[Symbol.asyncDispose]()
    await expect(reading).rejects.toThrow("the hash is closed")
  })
})

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}
