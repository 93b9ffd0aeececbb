import { describe, expect, test } from "vitest"
import { loadGraph } from "../../src/content/graph.ts"
import type { ContentFetcher } from "../../src/content/interfaces.ts"
import { verified } from "../../src/content/verifying-reader.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import {
  indexSample,
  jsonSample,
  manifestSample,
  type Sample,
  sample,
  sampleImage,
} from "../support/content/sample-content.ts"
import { repositoryWith } from "../support/content/sample-source.ts"

const config = (name: string) => jsonSample({ name }, MediaType.ociConfig)
const names = (descriptors: readonly Descriptor[]) => descriptors.map((descriptor) => descriptor.digest)
const digests = (...samples: Sample[]) => samples.map(({ descriptor }) => descriptor.digest)

const base = sample("base")
const runtime = sample("runtime")
const [web, api, other] = [sample("web"), sample("api"), sample("other platform")]
const [webConfig, apiConfig, otherConfig] = [config("web"), config("api"), config("other")]
const webImage = manifestSample(webConfig.descriptor, [base, web])
const apiImage = manifestSample(apiConfig.descriptor, [base, runtime, api])
const otherImage = manifestSample(otherConfig.descriptor, [other, web])
const webIndex = indexSample(webImage, otherImage)
const release = indexSample(apiImage, webIndex)
const everything = [
  ...[base, runtime, web, api, other, webConfig, apiConfig, otherConfig],
  ...[webImage, apiImage, otherImage, webIndex, release],
]

describe("the graph of an image or release", () => {
  test("has indexes, manifests, configurations and layers, each once, as they are first named", async () => {
    const graph = await loadGraph(await repositoryWith(...everything), release.descriptor)
    expect(names(graph.indexes)).toEqual(digests(release, webIndex))
    expect(names(graph.manifests)).toEqual(digests(apiImage, webImage, otherImage))
    expect(names(graph.configs)).toEqual(digests(apiConfig, webConfig, otherConfig))
    expect(names(graph.layers)).toEqual(digests(base, runtime, api, web, other))
  })

  test("does not depend on the order in which content arrives", async () => {
    const store = await repositoryWith(...everything)
    const expected = await loadGraph(store, release.descriptor)
    const waiting: (() => void)[] = []
    // Answers the last question first, as soon as no more are asked.
    const reversing: ContentFetcher = {
      async *fetch(descriptor, options) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          setImmediate(() => waiting.pop()?.())
        })
        yield* store.fetch(descriptor, options)
      },
    }
    const graph = await loadGraph(reversing, release.descriptor)
    expect(graph).toEqual(expected)
    expect(graph.layers).toEqual(expected.layers)
  })

  test("gives documents so that each follows what it names, and the root is last", async () => {
    const graph = await loadGraph(await repositoryWith(...everything), release.descriptor)
    const order = graph.documentsChildrenFirst().map((document) => document.descriptor.digest)
    expect(order).toEqual(digests(apiImage, webImage, otherImage, webIndex, release))
    expect(Buffer.from(graph.document(release.descriptor.digest).bytes)).toEqual(Buffer.from(release.bytes))
  })

  test("puts a child of two indexes before both of them", async () => {
    const inner = indexSample(webImage)
    const outer = indexSample(inner, apiImage)
    // `inner` is named first by the root, and again by `outer`, which has to come after it.
    const root = indexSample(outer, inner)
    const graph = await loadGraph(await repositoryWith(...everything, inner, outer, root), root.descriptor)
    expect(graph.documentsChildrenFirst().map((document) => document.descriptor.digest)).toEqual(
      digests(webImage, inner, apiImage, outer, root),
    )
  })

  test("of one image is that image", async () => {
    const graph = await loadGraph(await repositoryWith(...everything), webImage.descriptor)
    expect(names(graph.manifests)).toEqual(digests(webImage))
    expect(graph.indexes).toEqual([])
    expect(graph.documentsChildrenFirst()).toHaveLength(1)
  })

  test("has an image once that two services share", async () => {
    const entry = (service: string) => ({
      ...webImage.descriptor,
      annotations: { "io.waybill.service": service },
    })
    const shared = jsonSample({ schemaVersion: 2, manifests: [entry("a"), entry("b")] }, MediaType.ociIndex)
    const graph = await loadGraph(await repositoryWith(...everything, shared), shared.descriptor)
    expect(names(graph.manifests)).toEqual(digests(webImage))
    expect(graph.manifests).toEqual([webImage.descriptor])
  })

  test("has a blob once that is a configuration here and a layer there", async () => {
    const both = manifestSample({ ...base.descriptor, mediaType: "text/plain" }, [base])
    const graph = await loadGraph(await repositoryWith(base, both), both.descriptor)
    expect(names(graph.configs)).toEqual(digests(base))
    expect(graph.layers).toEqual([])
  })

  test("of an empty index is the index", async () => {
    const empty = indexSample()
    const graph = await loadGraph(await repositoryWith(empty), empty.descriptor)
    expect(graph.documentsChildrenFirst()).toHaveLength(1)
  })

  test("goes as deep as indexes may be nested", async () => {
    const indexes = nested(16)
    const root = indexes.at(-1) ?? webImage
    const graph = await loadGraph(await repositoryWith(...everything, ...indexes), root.descriptor)
    expect(graph.indexes).toHaveLength(16)
    expect(graph.documentsChildrenFirst().at(-1)?.descriptor).toEqual(root.descriptor)
  })

  test("is walked over where indexes name one another twice, and a thousand times over", async () => {
    const indexes = [indexSample(webImage)]
    for (let depth = 1; depth < 16; depth++) {
      const inner = indexes.at(-1) as Sample
      indexes.push(indexSample(...Array.from({ length: 1000 }, () => inner)))
    }
    const root = indexes.at(-1) ?? webImage
    const graph = await loadGraph(await repositoryWith(...everything, ...indexes), root.descriptor)
    expect(graph.documentsChildrenFirst()).toHaveLength(17)
  })
})

/** So many indexes, each of which names the one before. */
function nested(count: number): Sample[] {
  const indexes = [indexSample(webImage)]
  while (indexes.length < count) indexes.push(indexSample(indexes.at(-1) ?? webImage))
  return indexes
}

describe("a graph that is refused", () => {
  const sized = (content: Sample, size: number) => ({
    ...content,
    descriptor: { ...content.descriptor, size },
  })

  /** Named as something else than it is. */
  const typed = (content: Sample) => ({
    ...content,
    descriptor: { ...content.descriptor, mediaType: MediaType.ociLayer },
  })

  test.for<[string, string, Sample[]]>([
    [
      "one layer has two sizes",
      "SIZE_MISMATCH",
      [manifestSample(webConfig.descriptor, [base, sized(base, 5)])],
    ],
    [
      "a manifest has two sizes",
      "SIZE_MISMATCH",
      [indexSample(webImage, sized(webImage, webImage.descriptor.size + 1)), webImage],
    ],
    [
      "a blob is a manifest too",
      "DIGEST_MISMATCH",
      [
        indexSample(webImage, manifestSample(typed(webImage).descriptor, [])),
        webImage,
        manifestSample(typed(webImage).descriptor, []),
      ],
    ],
    [
      "a layer is a manifest too",
      "DIGEST_MISMATCH",
      [
        indexSample(webImage, manifestSample(webConfig.descriptor, [typed(webImage)])),
        webImage,
        manifestSample(webConfig.descriptor, [typed(webImage)]),
      ],
    ],
    ["a manifest is missing", "CONTENT_NOT_FOUND", [indexSample(webImage)]],
    [
      "the size of a manifest is a lie",
      "SIZE_MISMATCH",
      [indexSample(sized(webImage, webImage.descriptor.size - 1)), webImage],
    ],
    [
      "a manifest has over 4 MiB",
      "DOCUMENT_TOO_LARGE",
      [indexSample(sized(webImage, 4 * 1024 * 1024 + 1)), webImage],
    ],
    [
      "a child is no manifest",
      "UNSUPPORTED_MEDIA_TYPE",
      [indexSample(sample("text", "text/plain")), sample("text", "text/plain")],
    ],
    ["its root is no manifest", "UNSUPPORTED_MEDIA_TYPE", [webConfig]],
    [
      "a manifest is called an index",
      "INVALID_DOCUMENT",
      [
        indexSample({ ...webImage, descriptor: { ...webImage.descriptor, mediaType: MediaType.ociIndex } }),
        webImage,
      ],
    ],
  ])("because %s", async ([, code, samples]) => {
    const [root] = samples
    const store = await repositoryWith(
      ...samples.filter((content) => content.descriptor.size === content.bytes.length),
    )
    await expect(loadGraph(store, (root ?? webImage).descriptor)).rejects.toMatchObject({ code })
  })

  test("because its manifests would fill the memory: none of them is read", async () => {
    const large = Array.from({ length: 20 }, (_, at) =>
      sized(sample(`${at}`, MediaType.ociManifest), 4 * 1024 * 1024),
    )
    const root = indexSample(...large)
    const read: string[] = []
    const source: ContentFetcher = {
      async *fetch(descriptor) {
        read.push(descriptor.digest)
        yield* verified(descriptor, root.body(0), "it")
      },
    }
    await expect(loadGraph(source, root.descriptor)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `${root.descriptor.digest} needs more than 33554432 bytes of manifests`,
    })
    expect(read).toEqual(digests(root))
  })

  test("because it has thousands of manifests", async () => {
    const many = Array.from({ length: 4096 }, (_, at) => sample(`${at}`, MediaType.ociManifest))
    const root = indexSample(...many)
    await expect(loadGraph(await repositoryWith(root), root.descriptor)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `${root.descriptor.digest} needs more than 4096 manifests`,
      hint: expect.stringContaining("no release may hold that much"),
    })
  })

  test.each([17, 40])("because indexes are nested: %i of them", async (count) => {
    const indexes = nested(count)
    const root = indexes.at(-1) ?? webImage
    const store = await repositoryWith(...everything, ...indexes)
    await expect(loadGraph(store, root.descriptor)).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: `${root.descriptor.digest} needs more than 16 indexes in each other`,
    })
  })

  test("because indexes are nested that the root names besides", async () => {
    const indexes = nested(17)
    const root = indexSample(...indexes)
    const store = await repositoryWith(...everything, ...indexes, root)
    await expect(loadGraph(store, root.descriptor)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" })
  })

  test.each([
    ["configuration", (child: Sample) => manifestSample(child.descriptor, [])],
    ["layer", (child: Sample) => manifestSample(webConfig.descriptor, [child])],
  ])("because its %s has the media type of a manifest", async (_, parent) => {
    for (const mediaType of [MediaType.ociManifest, MediaType.dockerManifestList]) {
      const child = sample("no manifest", mediaType)
      const image = parent(child)
      const store = await repositoryWith(image)
      await expect(loadGraph(store, image.descriptor)).rejects.toMatchObject({
        code: "INVALID_DOCUMENT",
        message: `${child.descriptor.digest} is named as a configuration or a layer, with the media type of a manifest`,
      })
    }
  })

  test("when it is aborted", async () => {
    const store = await repositoryWith(...everything)
    const signal = AbortSignal.abort(new Error("changed my mind"))
    await expect(loadGraph(store, release.descriptor, { signal })).rejects.toThrow("changed my mind")
  })

  test("when a document is asked of it that it does not have", async () => {
    const { manifest, blobs } = sampleImage(base)
    const graph = await loadGraph(await repositoryWith(manifest, ...blobs), manifest.descriptor)
    expect(() => graph.document(base.descriptor.digest)).toThrow(
      expect.objectContaining({ code: "CONTENT_NOT_FOUND" }),
    )
  })
})
