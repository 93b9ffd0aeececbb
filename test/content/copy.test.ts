import { setImmediate } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { type CopyOptions, copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import type { ContentTarget } from "../../src/content/interfaces.ts"
import { bodyOf, collect, readDocument } from "../../src/content/read-document.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import type { LayoutRepository } from "../../src/layout/layout-repository.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { parseManifest, successors } from "../../src/oci/manifest.ts"
import { isManifestMediaType } from "../../src/oci/media-types.ts"
import {
  indexSample,
  noiseSample,
  readAll,
  type Sample,
  sample,
  sampleImage,
} from "../support/content/sample-content.ts"
import { repositoryWith } from "../support/content/sample-source.ts"

/**
 * A content store that behaves like a registry at its worst, and keeps a diary: it refuses a manifest whose content
 * is missing, and may say of content that it has it when it has not.
 */
class Registry implements ContentTarget {
  readonly store: LayoutRepository
  readonly pushed: string[] = []
  readonly lies = new Set<string>()
  mostAtOnce = 0
  #underWay = 0

  constructor(store: LayoutRepository) {
    this.store = store
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return this.lies.has(descriptor.digest) || this.store.exists(descriptor)
  }

  async push(descriptor: Descriptor, body: (offset: number) => AsyncIterable<Uint8Array>): Promise<void> {
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    try {
      await setImmediate()
      if (isManifestMediaType(descriptor.mediaType))
        await this.#checkChildren(descriptor, await collect(body(0)))
      await this.store.push(descriptor, body)
      this.pushed.push(descriptor.digest)
    } finally {
      this.#underWay -= 1
    }
  }

  async tag(): Promise<void> {}

  async #checkChildren(descriptor: Descriptor, bytes: Uint8Array): Promise<void> {
    for (const child of successors(parseManifest(bytes, descriptor.mediaType))) {
      if (await this.store.exists(child)) continue
      const isManifest = isManifestMediaType(child.mediaType)
      throw new WaybillError(isManifest ? "MANIFEST_UNKNOWN" : "MANIFEST_BLOB_UNKNOWN", child.digest)
    }
  }
}

const layers = Array.from({ length: 9 }, (_, at) => sample(`layer ${at}`))
const web = sampleImage(...layers.slice(0, 6))
const api = sampleImage(...layers.slice(3))
const index = indexSample(web.manifest, api.manifest)
const everything = [...layers, ...web.blobs, web.manifest, api.manifest, index]
const digests = (samples: readonly Sample[]) => samples.map(({ descriptor }) => descriptor.digest)

async function copy(target: ContentTarget, options?: CopyOptions): Promise<TransferEvent[]> {
  const source = await repositoryWith(...everything)
  const events: TransferEvent[] = []
  const graph = await loadGraph(source, index.descriptor)
  await copyGraph(source, graph, target, { onTransfer: (event) => events.push(event), ...options })
  return events
}

describe("copying a graph", () => {
  test("brings everything, children before parents, each once", async () => {
    const registry = new Registry(await repositoryWith())
    await copy(registry)
    expect(registry.pushed.toSorted()).toEqual([...new Set(digests(everything))].toSorted())
    expect(registry.pushed.slice(-3)).toEqual(digests([web.manifest, api.manifest, index]))
  })

  test.for([1, 3, 4, 50])("has at most %i blobs under way at once", async (concurrency) => {
    const registry = new Registry(await repositoryWith())
    await copy(registry, { concurrency })
    expect(registry.mostAtOnce).toBe(Math.min(concurrency, 10))
  })

  test("does not send what is there", async () => {
    const registry = new Registry(await repositoryWith(...layers.slice(0, 8)))
    const events = await copy(registry)
    expect(registry.pushed).not.toContain(layers[0]?.descriptor.digest)
    expect(registry.pushed).toHaveLength(5)
    const outcomes = events.flatMap((event) => (event.type === "finished" ? [event.outcome] : []))
    expect(outcomes.filter((outcome) => outcome === "present")).toHaveLength(8)
    expect(outcomes.filter((outcome) => outcome === "sent")).toHaveLength(2)
  })

  test("done again sends nothing", async () => {
    const registry = new Registry(await repositoryWith())
    await copy(registry)
    registry.pushed.length = 0
    await copy(registry)
    expect(registry.pushed).toEqual([])
  })

  test("tells how far it is", async () => {
    const events = await copy(new Registry(await repositoryWith()), { concurrency: 1 })
    const sizes = [web.blobs[0], ...layers].map((content) => content?.bytes.length ?? 0)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    expect(events[0]).toEqual({ type: "planned", count: 10, bytes })
    expect(events.slice(1, 4).map((event) => event.type)).toEqual(["started", "advanced", "finished"])
    const reached = events.flatMap((event) => (event.type === "advanced" ? [event.position] : []))
    expect(reached.reduce((sum, position) => sum + position, 0)).toBe(bytes)
  })

  test("sends a blob after all that the target has said it had, once a manifest shows the lie", async () => {
    const registry = new Registry(await repositoryWith())
    for (const { descriptor } of layers.slice(2, 5)) registry.lies.add(descriptor.digest)
    await copy(registry)
    for (const { descriptor, bytes } of everything) {
      expect(await readAll(registry.store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    }
  })

  test("sends a manifest after all that the target has said it had", async () => {
    const registry = new Registry(await repositoryWith())
    registry.lies.add(web.manifest.descriptor.digest)
    await copy(registry)
    expect(await registry.store.exists(web.manifest.descriptor)).toBe(true)
    expect(await registry.store.exists(index.descriptor)).toBe(true)
  })

  test("gives up on a target that denies what it was just sent", async () => {
    const target: ContentTarget = {
      exists: async () => false,
      push: async ({ mediaType }) => {
        if (isManifestMediaType(mediaType)) throw new WaybillError("MANIFEST_BLOB_UNKNOWN", "no such blob")
      },
      tag: async () => {},
    }
    await expect(copy(target)).rejects.toMatchObject({ code: "MANIFEST_BLOB_UNKNOWN" })
  })

  test("mounts what another repository has, and sends what it will not mount", async () => {
    const registry = new Registry(await repositoryWith())
    const other = await repositoryWith(...layers)
    const mounted: string[] = []
    const target: ContentTarget = {
      exists: (descriptor) => registry.exists(descriptor),
      push: (descriptor, body) => registry.push(descriptor, body),
      tag: () => registry.tag(),
      mount: async (descriptor, from) => {
        expect(from).toBe("acme/other")
        if (descriptor.digest === layers[0]?.descriptor.digest) return false
        mounted.push(descriptor.digest)
        await registry.store.push(descriptor, () => other.fetch(descriptor))
        return true
      },
    }
    const mountFrom = async (blob: Descriptor) => ((await other.exists(blob)) ? "acme/other" : undefined)
    const events = await copy(target, { mountFrom })
    expect(mounted.toSorted()).toEqual(digests(layers.slice(1)).toSorted())
    const outcomes = events.flatMap((event) => (event.type === "finished" ? [event.outcome] : []))
    expect(outcomes.filter((outcome) => outcome === "sent")).toHaveLength(2)
    expect(await registry.store.exists(index.descriptor)).toBe(true)
  })

  test("leaves no manifest without its content when it breaks off", async () => {
    const registry = new Registry(await repositoryWith())
    const source = await repositoryWith(...everything.filter((content) => content !== layers[7]))
    const graph = await loadGraph(source, index.descriptor)
    await expect(copyGraph(source, graph, registry)).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    for (const { descriptor } of [web.manifest, api.manifest, index]) {
      expect(await registry.store.exists(descriptor)).toBe(false)
    }
  })

  test("stops on an abort", async () => {
    const registry = new Registry(await repositoryWith())
    const stop = new AbortController()
    const onTransfer = (event: TransferEvent) => {
      if (event.type === "finished") stop.abort(new Error("changed my mind"))
    }
    await expect(copy(registry, { onTransfer, signal: stop.signal, concurrency: 1 })).rejects.toThrow(
      "changed my mind",
    )
    expect(registry.pushed).toHaveLength(1)
  })

  test("lets a target begin a blob again in the middle", async () => {
    const big = noiseSample("again", 3_000_000)
    const image = sampleImage(big)
    const source = await repositoryWith(...image.blobs, image.manifest)
    const store = await repositoryWith()
    const resuming: ContentTarget = {
      exists: (descriptor) => store.exists(descriptor),
      push: (descriptor, body) =>
        store.push(descriptor, async function* () {
          let sent = 0
          for await (const chunk of body(0)) {
            yield chunk
            sent += chunk.length
            if (sent > 1_000_000) break
          }
          yield* body(sent)
        }),
      tag: async () => {},
    }
    const positions: number[] = []
    await copyGraph(source, await loadGraph(source, image.manifest.descriptor), resuming, {
      onTransfer: (event) => {
        if (event.type === "advanced" && event.descriptor.digest === big.descriptor.digest)
          positions.push(event.position)
      },
    })
    expect((await readAll(store.fetch(big.descriptor))).equals(big.bytes)).toBe(true)
    expect(positions.at(-1)).toBe(3_000_000)
  })
})

describe("a document", () => {
  test("over 4 MiB is refused before a byte of it is read", async () => {
    const { descriptor } = sample("small")
    const source = {
      fetch: () => {
        throw new Error("nobody should ask for this")
      },
    }
    await expect(readDocument(source, { ...descriptor, size: 4 * 1024 * 1024 + 1 })).rejects.toMatchObject({
      code: "DOCUMENT_TOO_LARGE",
      message: expect.stringContaining(descriptor.digest),
    })
  })

  test("at hand is a body that begins anywhere", async () => {
    const body = bodyOf(Buffer.from("hello"))
    const texts = await Promise.all([0, 2, 5, 9].map(async (offset) => String(await readAll(body(offset)))))
    expect(texts).toEqual(["hello", "llo", "", ""])
  })
})
