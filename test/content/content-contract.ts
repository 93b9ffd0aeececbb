import { describe, expect, test } from "vitest"
import type { ContentSource, ContentTarget } from "../../src/content/interfaces.ts"
import { digestOf } from "../../src/oci/digest.ts"
import {
  indexSample,
  noiseSample,
  readAll,
  type Sample,
  type SampleImage,
  sample,
  sampleImage,
} from "../support/content/sample-content.ts"

const MEBIBYTE = 1024 * 1024

/** What real parts behind an implementation may be unable to hold. */
export interface ContractOptions {
  without?: readonly ("sha512" | "empty blob")[]
}

export interface SourceSubject {
  source: ContentSource
  /** What this source calls the image. */
  reference: string
  /** Changes a byte in the middle of stored content, behind the back of the source. */
  damage(content: Sample): Promise<void>
}

/**
 * What every `ContentSource` does. `setup` runs within each test and brings a source that holds the image; it
 * cleans up by `onTestFinished`.
 */
export function describeContentSource(
  name: string,
  setup: (image: SampleImage) => Promise<SourceSubject>,
  options: ContractOptions = {},
): void {
  describe(`${name} as a source of content`, () => {
    const text = sample("a layer\n")
    const image = sampleImage(text, ...unusualBlobs(options))

    test("resolves an image by its name and by its digest", async () => {
      const { source, reference } = await setup(image)
      expect(await source.resolve(reference)).toMatchObject(image.manifest.descriptor)
      expect(await source.resolve(image.manifest.descriptor.digest)).toMatchObject(image.manifest.descriptor)
    })

    test("says so when there is no such name or digest", async () => {
      const { source } = await setup(image)
      const nothing = { code: "CONTENT_NOT_FOUND" }
      await expect(source.resolve("no-such-image")).rejects.toMatchObject(nothing)
      await expect(source.resolve(sample("other").descriptor.digest)).rejects.toMatchObject(nothing)
    })

    test("gives every manifest, configuration and layer as it was stored", async () => {
      const { source } = await setup(image)
      for (const { descriptor, bytes } of [image.manifest, ...image.blobs]) {
        expect(await readAll(source.fetch(descriptor))).toEqual(Buffer.from(bytes))
      }
    })

    test("gives a layer of 20 MiB as it was stored", async () => {
      const big = noiseSample("big", 20 * MEBIBYTE + 17)
      const { source } = await setup(sampleImage(big))
      const read = await readAll(source.fetch(big.descriptor))
      expect(digestOf(read)).toBe(big.descriptor.digest)
    })

    test.for([
      { range: { offset: 0 }, from: 0, to: 3_000_000 },
      { range: { offset: 1 }, from: 1, to: 3_000_000 },
      { range: { offset: 2_999_999 }, from: 2_999_999, to: 3_000_000 },
      { range: { offset: 3_000_000 }, from: 0, to: 0 },
      { range: { offset: 0, length: 1 }, from: 0, to: 1 },
      { range: { offset: 1_048_575, length: 2 }, from: 1_048_575, to: 1_048_577 },
      { range: { offset: 10, length: 2_000_000 }, from: 10, to: 2_000_010 },
      { range: { offset: 2_999_990, length: 10 }, from: 2_999_990, to: 3_000_000 },
    ])("gives the part $range of a layer", async ({ range, from, to }) => {
      const layer = noiseSample("range", 3_000_000)
      const { source } = await setup(sampleImage(layer))
      const part = await readAll(source.fetch(layer.descriptor, { range }))
      expect(part.equals(layer.bytes.subarray(from, to))).toBe(true)
    })

    test("ends in an error, before the last bytes, when a stored byte was changed", async () => {
      const layer = noiseSample("damaged", 3_000_000)
      const { source, damage } = await setup(sampleImage(layer))
      await damage(layer)
      let received = 0
      const read = async () => {
        for await (const chunk of source.fetch(layer.descriptor)) received += chunk.length
      }
      await expect(read()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
      expect(received).toBeLessThan(layer.bytes.length)
    })

    test.for([
      { lie: -1, said: "shorter" },
      { lie: 1, said: "longer" },
    ])("ends in an error when a descriptor says that content is $said than it is", async ({ lie }) => {
      const { source } = await setup(image)
      const descriptor = { ...text.descriptor, size: text.descriptor.size + lie }
      await expect(readAll(source.fetch(descriptor))).rejects.toMatchObject({ code: "SIZE_MISMATCH" })
    })

    test("says which content it does not have", async () => {
      const { source } = await setup(image)
      const { descriptor } = sample("other")
      const missing = { code: "CONTENT_NOT_FOUND", message: expect.stringContaining(descriptor.digest) }
      await expect(readAll(source.fetch(descriptor))).rejects.toMatchObject(missing)
    })

    test("does not begin to read after an abort", async () => {
      const { source, reference } = await setup(image)
      const signal = AbortSignal.abort(new Error("changed my mind"))
      await expect(readAll(source.fetch(text.descriptor, { signal }))).rejects.toThrow("changed my mind")
      await expect(source.resolve(reference, { signal })).rejects.toThrow("changed my mind")
    })

    test("stops reading on an abort", async () => {
      const layer = noiseSample("aborted", 8 * MEBIBYTE)
      const { source } = await setup(sampleImage(layer))
      const stop = new AbortController()
      const read = async () => {
        for await (const _ of source.fetch(layer.descriptor, { signal: stop.signal })) {
          stop.abort(new Error("changed my mind"))
        }
      }
      await expect(read()).rejects.toThrow("changed my mind")
    })

    test("reads again after a reader that stopped in the middle", async () => {
      const layer = noiseSample("left", 8 * MEBIBYTE)
      const { source } = await setup(sampleImage(layer))
      for await (const _ of source.fetch(layer.descriptor)) break
      expect((await readAll(source.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    })

    test("serves many readers at once", async () => {
      const layer = noiseSample("shared", 3 * MEBIBYTE)
      const { source } = await setup(sampleImage(layer, text))
      const reads = Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? layer : text)).map(
        async ({ descriptor, bytes }) => (await readAll(source.fetch(descriptor))).equals(bytes),
      )
      expect(new Set(await Promise.all(reads))).toEqual(new Set([true]))
    })
  })
}

export interface TargetSubject {
  /** Empty at the beginning. A target is tested together with the source that it also is. */
  target: ContentTarget & ContentSource
  /** What unfinished transfers left behind, where that can be seen. */
  leftovers?: (() => Promise<readonly string[]>) | undefined
}

/** What every `ContentTarget` does; `setup` as for sources. */
export function describeContentTarget(
  name: string,
  setup: () => Promise<TargetSubject>,
  options: ContractOptions = {},
): void {
  describe(`${name} as a target of content`, () => {
    const text = sample("a layer\n")
    const image = sampleImage(text, ...unusualBlobs(options))

    /** Nothing of the content may be found, and the right content must still find its place. */
    const expectUntouched = async ({ target, leftovers }: TargetSubject, content: Sample) => {
      expect(await target.exists(content.descriptor)).toBe(false)
      const missing = { code: "CONTENT_NOT_FOUND" }
      await expect(readAll(target.fetch(content.descriptor))).rejects.toMatchObject(missing)
      expect((await leftovers?.()) ?? []).toEqual([])
      await target.push(content.descriptor, content.body)
      expect((await readAll(target.fetch(content.descriptor))).equals(content.bytes)).toBe(true)
    }

    test("has a blob from the push on, and not before", async () => {
      const { target, leftovers } = await setup()
      expect(await target.exists(text.descriptor)).toBe(false)
      await target.push(text.descriptor, text.body)
      expect(await target.exists(text.descriptor)).toBe(true)
      expect((await leftovers?.()) ?? []).toEqual([])
    })

    test("gives back an image as it was pushed", async () => {
      const { target } = await setup()
      for (const { descriptor, body } of [...image.blobs, image.manifest]) await target.push(descriptor, body)
      for (const { descriptor, bytes } of [...image.blobs, image.manifest]) {
        expect(await readAll(target.fetch(descriptor))).toEqual(Buffer.from(bytes))
      }
      expect(await target.resolve(image.manifest.descriptor.digest)).toMatchObject(image.manifest.descriptor)
    })

    test("takes a blob of 20 MiB in chunks of odd sizes", async () => {
      const { target } = await setup()
      const big = noiseSample("big", 20 * MEBIBYTE + 17)
      await target.push(big.descriptor, async function* (offset) {
        for (let at = offset, size = 1; at < big.bytes.length; at += size, size = (size * 3) % 300_007) {
          yield big.bytes.subarray(at, at + size)
        }
      })
      const read = await readAll(target.fetch(big.descriptor))
      expect(digestOf(read)).toBe(big.descriptor.digest)
    })

    test("takes the same content twice", async () => {
      const { target } = await setup()
      for (const { descriptor, body } of [...image.blobs, image.manifest]) await target.push(descriptor, body)
      for (const { descriptor, body } of [...image.blobs, image.manifest]) await target.push(descriptor, body)
      expect(await target.exists(image.manifest.descriptor)).toBe(true)
    })

    test("takes the same content from several senders at once", async () => {
      const { target, leftovers } = await setup()
      const layer = noiseSample("at once", 2 * MEBIBYTE)
      await Promise.all(Array.from({ length: 5 }, () => target.push(layer.descriptor, layer.body)))
      expect((await readAll(target.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
      expect((await leftovers?.()) ?? []).toEqual([])
    })

    const layer = noiseSample("right", 2 * MEBIBYTE)
    const altered = Buffer.from(layer.bytes)
    altered[MEBIBYTE] = (altered[MEBIBYTE] ?? 0) ^ 1
    test.for([
      // A registry finds it out by itself, where the sender has not verified what it sends.
      { wrong: "with one bit changed", bytes: altered, code: /^DIGEST_(MISMATCH|INVALID)$/ },
      { wrong: "without its last byte", bytes: layer.bytes.subarray(0, -1), code: /^SIZE_MISMATCH$/ },
      {
        wrong: "with a byte too many",
        bytes: Buffer.concat([layer.bytes, Buffer.alloc(1)]),
        code: /^SIZE_MISMATCH$/,
      },
      { wrong: "that is empty", bytes: new Uint8Array(0), code: /^SIZE_MISMATCH$/ },
    ])("refuses content $wrong, and keeps nothing of it", async ({ bytes, code }) => {
      const subject = await setup()
      const pushing = subject.target.push(layer.descriptor, sample(bytes).body)
      await expect(pushing).rejects.toMatchObject({
        code: expect.stringMatching(code),
        message: expect.stringMatching(
          code.test("SIZE_MISMATCH") ? `${layer.descriptor.size}` : /digest|sha256:/,
        ),
      })
      await expectUntouched(subject, layer)
    })

    test("keeps nothing of content whose sender fails", async () => {
      const subject = await setup()
      const pushing = subject.target.push(layer.descriptor, async function* () {
        yield layer.bytes.subarray(0, MEBIBYTE)
        throw new Error("the disk was pulled out")
      })
      await expect(pushing).rejects.toThrow("the disk was pulled out")
      await expectUntouched(subject, layer)
    })

    test("does not ask for content after an abort", async () => {
      const subject = await setup()
      let asked = 0
      const body = (offset: number) => {
        asked += 1
        return layer.body(offset)
      }
      const signal = AbortSignal.abort(new Error("changed my mind"))
      await expect(subject.target.push(layer.descriptor, body, { signal })).rejects.toThrow("changed my mind")
      expect(asked).toBe(0)
      await expectUntouched(subject, layer)
    })

    test("stops on an abort though the sender hangs, and keeps nothing", async () => {
      const subject = await setup()
      const stop = new AbortController()
      const body = async function* () {
        yield layer.bytes.subarray(0, MEBIBYTE)
        stop.abort(new Error("changed my mind"))
        await new Promise(() => {})
      }
      const pushing = subject.target.push(layer.descriptor, body, { signal: stop.signal })
      await expect(pushing).rejects.toThrow("changed my mind")
      await expectUntouched(subject, layer)
    })

    test("finds an image by its tag, and by the new image when the tag has moved", async () => {
      const { target } = await setup()
      const next = sampleImage(sample("another layer\n"))
      for (const { descriptor, body } of [...image.blobs, image.manifest, ...next.blobs, next.manifest]) {
        await target.push(descriptor, body)
      }
      await target.tag(image.manifest.descriptor, "latest")
      await target.tag(image.manifest.descriptor, "1.2.3_rev1")
      expect(await target.resolve("latest")).toMatchObject(image.manifest.descriptor)
      await target.tag(next.manifest.descriptor, "latest")
      await target.tag(next.manifest.descriptor, "latest")
      expect(await target.resolve("latest")).toMatchObject(next.manifest.descriptor)
      expect(await target.resolve("1.2.3_rev1")).toMatchObject(image.manifest.descriptor)
      await expect(target.resolve("1.2.3")).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    })

    test("takes an index after the images that it names", async () => {
      const { target } = await setup()
      const other = sampleImage(sample("for another platform\n"))
      const index = indexSample(image.manifest, other.manifest)
      for (const { descriptor, body } of [
        ...image.blobs,
        image.manifest,
        ...other.blobs,
        other.manifest,
        index,
      ]) {
        await target.push(descriptor, body)
      }
      await target.tag(index.descriptor, "multi")
      expect(await target.resolve("multi")).toMatchObject(index.descriptor)
    })

    test("keeps every one of the tags that are set at once", async () => {
      const { target } = await setup()
      for (const { descriptor, body } of [...image.blobs, image.manifest]) await target.push(descriptor, body)
      const tags = Array.from({ length: 12 }, (_, at) => `web-1.0.${at}`)
      await Promise.all(tags.map((tag) => target.tag(image.manifest.descriptor, tag)))
      for (const tag of tags) expect(await target.resolve(tag)).toMatchObject(image.manifest.descriptor)
    })
  })
}

function unusualBlobs({ without = [] }: ContractOptions): Sample[] {
  const empty = without.includes("empty blob") ? [] : [sample("")]
  const sha512 = without.includes("sha512") ? [] : [sample("under sha512\n", undefined, "sha512")]
  return [...empty, ...sha512]
}
