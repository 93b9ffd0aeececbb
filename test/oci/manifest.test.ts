import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { descriptorSchema, plainDescriptor } from "../../src/oci/descriptor.ts"
import { blobPath, LAYOUT_BYTES, parseLayoutFile, parseLayoutIndex } from "../../src/oci/image-layout.ts"
import { describeReferrer, detectMediaType, parseManifest, successors } from "../../src/oci/manifest.ts"
import { isForeignLayer, isManifestMediaType, MediaType } from "../../src/oci/media-types.ts"
import { OciError } from "../../src/oci/oci-error.ts"

const json = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value))
const one = { mediaType: MediaType.ociConfig, digest: `sha256:${"1".repeat(64)}`, size: 1 } as const
const two = { mediaType: MediaType.ociLayer, digest: `sha256:${"2".repeat(64)}`, size: 2 } as const
const manifest = { schemaVersion: 2, config: one, layers: [two] }
const index = { schemaVersion: 2, manifests: [{ ...one, mediaType: MediaType.ociManifest }] }

describe("a manifest", () => {
  test.for([
    ["OCI manifest", MediaType.ociManifest, { ...manifest, mediaType: MediaType.ociManifest }, "manifest"],
    ["OCI manifest that does not say its type", MediaType.ociManifest, manifest, "manifest"],
    ["OCI manifest without layers", MediaType.ociManifest, { ...manifest, layers: [] }, "manifest"],
    [
      "Docker manifest",
      MediaType.dockerManifest,
      { ...manifest, mediaType: MediaType.dockerManifest },
      "manifest",
    ],
    ["OCI index", MediaType.ociIndex, { ...index, mediaType: MediaType.ociIndex }, "index"],
    ["OCI index that does not say its type", MediaType.ociIndex, index, "index"],
    ["empty OCI index", MediaType.ociIndex, { ...index, manifests: [] }, "index"],
    [
      "Docker manifest list",
      MediaType.dockerManifestList,
      { ...index, mediaType: MediaType.dockerManifestList },
      "index",
    ],
    [
      "manifest with fields of tomorrow",
      MediaType.ociManifest,
      { ...manifest, tomorrow: { a: [1] } },
      "manifest",
    ],
    [
      "artifact about another",
      MediaType.ociManifest,
      { ...manifest, artifactType: "a/b", subject: one },
      "manifest",
    ],
  ] as const)("is read: %s", ([, mediaType, value, kind]) => {
    expect(parseManifest(json(value), mediaType)).toMatchObject({ kind, mediaType })
  })

  test.for([
    ["schema 1 by its type", MediaType.dockerSchema1, manifest, "UNSUPPORTED_MEDIA_TYPE"],
    ["signed schema 1 by its type", MediaType.dockerSchema1Signed, manifest, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "schema 1 by its version",
      MediaType.ociManifest,
      { ...manifest, schemaVersion: 1 },
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    [
      "schema 1 by its layers",
      MediaType.ociManifest,
      { ...manifest, fsLayers: [] },
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["a type that is no manifest", MediaType.ociConfig, manifest, "UNSUPPORTED_MEDIA_TYPE"],
    ["an empty type", "", manifest, "UNSUPPORTED_MEDIA_TYPE"],
    ["an index that has layers", MediaType.ociIndex, { ...index, layers: [] }, "INVALID_DOCUMENT"],
    ["an index that has a configuration", MediaType.ociIndex, { ...index, config: one }, "INVALID_DOCUMENT"],
    [
      "a manifest that has manifests",
      MediaType.ociManifest,
      { ...manifest, manifests: [] },
      "INVALID_DOCUMENT",
    ],
    [
      "a manifest that has null manifests",
      MediaType.ociManifest,
      { ...manifest, manifests: null },
      "INVALID_DOCUMENT",
    ],
    [
      "a manifest called an index",
      MediaType.ociIndex,
      { ...manifest, mediaType: MediaType.ociManifest },
      "INVALID_DOCUMENT",
    ],
    [
      "an index called a manifest",
      MediaType.ociManifest,
      { ...index, mediaType: MediaType.ociIndex },
      "INVALID_DOCUMENT",
    ],
    ["a manifest that is only shaped like an index", MediaType.ociManifest, index, "INVALID_DOCUMENT"],
    [
      "OCI called Docker",
      MediaType.dockerManifest,
      { ...manifest, mediaType: MediaType.ociManifest },
      "INVALID_DOCUMENT",
    ],
    [
      "a media type that is a number",
      MediaType.ociManifest,
      { ...manifest, mediaType: 7 },
      "INVALID_DOCUMENT",
    ],
    ["no schema version", MediaType.ociManifest, { config: one, layers: [] }, "INVALID_DOCUMENT"],
    ["schema version 3", MediaType.ociManifest, { ...manifest, schemaVersion: 3 }, "INVALID_DOCUMENT"],
    [
      "schema version 2 as text",
      MediaType.ociManifest,
      { ...manifest, schemaVersion: "2" },
      "INVALID_DOCUMENT",
    ],
    ["no configuration", MediaType.ociManifest, { schemaVersion: 2, layers: [] }, "INVALID_DOCUMENT"],
    ["no layers", MediaType.ociManifest, { schemaVersion: 2, config: one }, "INVALID_DOCUMENT"],
    [
      "layers that are no list",
      MediaType.ociManifest,
      { ...manifest, layers: { 0: two } },
      "INVALID_DOCUMENT",
    ],
    [
      "a negative size",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, size: -1 }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a broken size",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, size: 1.5 }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a size past all numbers",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, size: 2 ** 53 }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a size as text",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, size: "2" }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a digest of another kind",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, digest: "md5:00" }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a digest that leaves the folder",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, digest: "sha256:../../x" }] },
      "INVALID_DOCUMENT",
    ],
    [
      "a layer without a type",
      MediaType.ociManifest,
      { ...manifest, layers: [{ ...two, mediaType: "" }] },
      "INVALID_DOCUMENT",
    ],
    ["a list", MediaType.ociManifest, [], "INVALID_DOCUMENT"],
    ["no JSON", MediaType.ociManifest, "{", "INVALID_DOCUMENT"],
    ["depth without end", MediaType.ociManifest, "[".repeat(4_000_000), "INVALID_DOCUMENT"],
    [
      "over 4 MiB",
      MediaType.ociManifest,
      { ...manifest, annotations: { a: "x".repeat(4 * 1024 * 1024) } },
      "INVALID_DOCUMENT",
    ],
  ] as const)("is refused: %s", ([, mediaType, value, code]) => {
    expect(() => parseManifest(json(value), mediaType, "web")).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^web /) }),
    )
  })

  test("in which a key stands twice is read as Go and everybody else reads it: the last counts", () => {
    const text = JSON.stringify(manifest).replace('"layers":', '"layers":[],"layers":')
    expect(successors(parseManifest(json(text), MediaType.ociManifest))).toHaveLength(2)
  })

  test("cannot hide fields in a prototype", () => {
    const text = `{"__proto__":${JSON.stringify(manifest)},"schemaVersion":2}`
    expect(() => parseManifest(json(text), MediaType.ociManifest)).toThrow(OciError)
    const hidden = JSON.stringify(manifest).replace("{", '{"__proto__":{"manifests":[]},')
    expect(parseManifest(json(hidden), MediaType.ociManifest)).toMatchObject({ kind: "manifest" })
  })

  test("needs its configuration and layers, in this order; an index needs its manifests", () => {
    expect(successors(parseManifest(json(manifest), MediaType.ociManifest))).toEqual([one, two])
    expect(successors(parseManifest(json(index), MediaType.ociIndex))).toEqual(index.manifests)
    const about = { ...manifest, subject: two, layers: [] }
    expect(successors(parseManifest(json(about), MediaType.ociManifest))).toEqual([one])
  })

  test("is read or refused, and nothing else happens, whatever it holds", () => {
    const value = fc.record(
      {
        schemaVersion: fc.oneof(fc.constant(2), fc.jsonValue()),
        mediaType: fc.oneof(fc.constantFrom(...Object.values(MediaType)), fc.jsonValue()),
        config: fc.oneof(fc.constant(one), fc.jsonValue()),
        layers: fc.oneof(
          fc.constant([two]),
          fc.array(fc.oneof(fc.constant(two), fc.jsonValue())),
          fc.jsonValue(),
        ),
        manifests: fc.jsonValue(),
        annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(value, fc.constantFrom(...Object.values(MediaType)), (document, declared) => {
        try {
          expect(parseManifest(json(document), declared).mediaType).toBe(declared)
        } catch (error) {
          expect(error).toBeInstanceOf(OciError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test.for([
  [MediaType.dockerSchema1, manifest],
  [MediaType.dockerSchema1Signed, manifest],
  [MediaType.ociManifest, { ...manifest, schemaVersion: 1 }],
] as const)("schema 1 is said to be that, with what to do: %s", ([mediaType, value]) => {
  expect(() => parseManifest(json(value), mediaType, "web")).toThrow(
    expect.objectContaining({
      message: "web is a Docker schema 1 manifest, which is no longer supported",
      hint: "push the image again with a current tool, which writes schema 2 or OCI",
    }),
  )
})

test.for<[string, unknown]>([
  ["null", null],
  ["a list", ["b"]],
  ["a text", "a=b"],
  ["a number", 7],
])("annotations that are %s are refused, and the place named", ([, annotations]) => {
  expect(() => parseManifest(json({ ...manifest, annotations }), MediaType.ociManifest, "it")).toThrow(
    expect.objectContaining({ message: "it is not valid: annotations: it should be an object" }),
  )
})

describe("a manifest among referrers", () => {
  const place = { ...one, mediaType: MediaType.ociManifest }
  const described = (value: unknown, mediaType: string = MediaType.ociManifest) =>
    describeReferrer(
      { ...place, mediaType, urls: ["https://example"] },
      parseManifest(json(value), mediaType),
    )

  test("has the type of artifact that it says, and its annotations", () => {
    const annotations = { by: "ann" }
    expect(described({ ...manifest, artifactType: "a/b", annotations })).toEqual({
      ...place,
      artifactType: "a/b",
      annotations,
    })
  })

  test.for([
    ["says none", {}],
    ["says an empty one", { artifactType: "" }],
  ] as const)("has the type of its configuration where it %s", ([, more]) => {
    expect(described({ ...manifest, ...more })).toEqual({ ...place, artifactType: one.mediaType })
  })

  test("has no type where it is an index that says none", () => {
    expect(described(index, MediaType.ociIndex)).toEqual({ ...place, mediaType: MediaType.ociIndex })
  })
})

test.each([
  ["layers", { ...manifest, layers: Array(1000).fill({}) }, "layers.0.mediaType"],
  ["layers behind a good one", { ...manifest, layers: [two, ...Array(1000).fill(1)] }, "layers.1"],
  ["annotations", { ...manifest, annotations: { good: "", ...Array(1000).fill(1) } }, "annotations.0"],
  ["addresses", { ...manifest, layers: [{ ...two, urls: Array(1000).fill(1) }] }, "layers.0.urls.0"],
])(
  "of a thousand faults in %s the first is enough: noting millions takes half a minute",
  (_, value, place) => {
    let error: unknown
    try {
      parseManifest(json(value), MediaType.ociManifest)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(OciError)
    const { message, cause } = error as OciError
    expect(message).toContain(`${place}: `)
    expect((cause as { issues: unknown[] }).issues).toHaveLength(1)
  },
)

describe("the media type of a manifest", () => {
  test.for([
    ["what it says", { ...manifest, mediaType: MediaType.dockerManifest }, MediaType.dockerManifest],
    ["by its layers", manifest, MediaType.ociManifest],
    ["by its manifests", index, MediaType.ociIndex],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, MediaType.dockerSchema1],
  ] as const)("is found: %s", ([, value, mediaType]) => {
    expect(detectMediaType(json(value))).toBe(mediaType)
  })

  test("is not found for what is no manifest, as a configuration", () => {
    const config = {
      os: "linux",
      architecture: "amd64",
      config: {},
      rootfs: { type: "layers", diff_ids: [] },
    }
    expect(() => detectMediaType(json(config))).toThrow(expect.objectContaining({ code: "INVALID_DOCUMENT" }))
  })

  test("tells manifests and foreign layers from other content", () => {
    const manifests = Object.values(MediaType).filter(isManifestMediaType)
    expect(manifests).toHaveLength(4)
    const foreign = [
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ]
    expect(foreign.every(isForeignLayer)).toBe(true)
    expect(Object.values(MediaType).some(isForeignLayer)).toBe(false)
  })
})

describe("a descriptor", () => {
  test("keeps what its reference says, until only the content counts", () => {
    const full = { ...one, platform: { os: "linux", architecture: "arm64" }, annotations: { a: "b" } }
    const parsed = descriptorSchema.parse({ ...full, data: "e30=", unknown: 1 })
    expect(parsed).toEqual(full)
    expect(plainDescriptor(parsed)).toEqual(one)
  })
})

describe("the files of an image layout", () => {
  test("are read", () => {
    parseLayoutFile(LAYOUT_BYTES)
    expect(parseLayoutIndex(json(index))).toEqual(index.manifests)
    expect(blobPath(one.digest)).toBe(`blobs/sha256/${"1".repeat(64)}`)
    expect(blobPath(`sha512:${"1".repeat(128)}`)).toBe(`blobs/sha512/${"1".repeat(128)}`)
  })

  test.for([{}, { imageLayoutVersion: "1.1.0" }, { imageLayoutVersion: 1 }, "[]", "1.0.0"])(
    "are refused: an oci-layout of %j",
    (value) => {
      expect(() => parseLayoutFile(json(value))).toThrow(
        expect.objectContaining({ code: "INVALID_DOCUMENT" }),
      )
    },
  )

  test.for([
    {},
    { schemaVersion: 2 },
    { schemaVersion: 1, manifests: [] },
    { schemaVersion: 2, manifests: [{}] },
  ])("are refused: an index.json of %j", (value) => {
    expect(() => parseLayoutIndex(json(value))).toThrow(expect.objectContaining({ code: "INVALID_DOCUMENT" }))
  })
})
