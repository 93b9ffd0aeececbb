import { join } from "node:path"
import fc from "fast-check"
import { expect, test } from "vitest"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { encodeHeader } from "../../src/archive/header.ts"
import { planArchive } from "../../src/archive/planner.ts"
import {
  END,
  listWithTar,
  rawEntry,
  readBoth,
  tar,
  temporaryFolder,
  writeArchive,
  writeSparsely,
} from "./support.ts"

const folder = temporaryFolder()
const GIB = 1024 ** 3

const part = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 130 })
  .filter((text) => !/[\0/]/.test(text) && text.isWellFormed())
const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/"))

test("any files that are written are read back the same by both readers", async () => {
  const files = fc.array(fc.record({ name, data: fc.string({ unit: "binary-ascii", maxLength: 1200 }) }))
  await fc.assert(
    fc.asyncProperty(files, async (files) => {
      const bytes = writeArchive(files)
      const { file, stream } = await readBoth(folder, bytes)
      expect(file.entries.map(({ entry, data }) => ({ name: entry.name, data }))).toEqual(files)
      expect(file.end).toBe(bytes.length - 1024)
      expect(stream).toEqual(file)
    }),
    { numRuns: 150 },
  )
})

test("any names and sizes that are planned are what GNU tar and the reader see", async () => {
  const size = fc.oneof(
    fc.nat(2000),
    fc.constantFrom(511, 512, 513),
    fc.integer({ min: 8 * GIB - 600, max: 8 * GIB + 600 }),
    fc.integer({ min: 0, max: 50 * GIB }),
  )
  // GNU tar's listing is cut at line feeds, and it reads no names that are not in its locale.
  const plain = name.filter((text) => !/[\n\p{C}]/u.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ name: plain, size }), { maxLength: 8 }), async (files) => {
      const path = join(folder, "planned.tar")
      writeSparsely(path, files)
      expect(listWithTar(path)).toEqual(files)
      const plan = planArchive(files)
      const archive = await ArchiveFile.open(path)
      const entries = await Array.fromAsync(archive.entries(), ({ header, offset }) => ({
        header: Buffer.from(header),
        offset,
      }))
      await archive.close()
      expect(entries).toEqual(
        plan.files.map(({ name, size, offset }) => ({
          header: Buffer.from(encodeHeader(name, size)),
          offset,
        })),
      )
      expect(archive.end.offset + 1024).toBe(plan.size)
      expect(archive.size).toBe(plan.size)
    }),
    { numRuns: 60 },
  )
})

test("both readers agree on any damaged archive, and fail only with an ArchiveError", async () => {
  const root = temporaryFolder()
  const long = "n".repeat(120)
  const script = `printf hello > a; ln -s a soft; ln a hard; mkdir d; printf deep > d/${long}`
  const { execFileSync } = await import("node:child_process")
  execFileSync("sh", ["-c", script], { cwd: root })
  const create = (format: string) =>
    tar(root, "--create", `--format=${format}`, "--blocking-factor=2", "--file=-", ".")
  const originals = [
    writeArchive([
      { name: "first", data: "1".repeat(600) },
      { name: "n".repeat(101), data: "2" },
    ]),
    create("pax"),
    create("gnu"),
  ]
  const damage = fc.record({
    bytes: fc.constantFrom(...originals),
    flips: fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { maxLength: 4 }),
    length: fc.option(fc.nat()),
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ bytes, flips, length }) => {
      const damaged = Buffer.from(bytes)
      for (const { at, value } of flips) damaged[at % damaged.length] = value
      const { file, stream } = await readBoth(
        folder,
        length === null ? damaged : damaged.subarray(0, length % damaged.length),
      )
      expect(stream).toEqual(file)
    }),
    { numRuns: 600 },
  )
})

test("both readers agree on headers that were made to mislead", async () => {
  const field = (max: number) => fc.uint8Array({ maxLength: max })
  const records = fc
    .array(
      fc.tuple(
        fc.constantFrom("path", "size", "linkpath", "GNU.sparse.map", "mtime"),
        fc.string({ maxLength: 20 }),
        fc.constantFrom(0, 0, 0, 0, 1, -1, 1000),
      ),
    )
    .map((list) =>
      list.map(([key, value, shift]) => {
        const rest = Buffer.byteLength(` ${key}=${value}\n`)
        return `${rest + 2 + shift} ${key}=${value}\n`
      }),
    )
    .map((lines) => lines.join(""))
  const entry = fc.record({
    typeFlag: fc.constantFrom("0", "\0", "1", "2", "5", "7", "x", "x", "g", "L", "K", "S", "Z"),
    magic: fc.constantFrom("ustar\x0000", "ustar  \0", ""),
    fields: fc.record(
      { name: fc.oneof(name, field(100)), size: field(12), linkName: fc.string(), prefix: fc.string() },
      { requiredKeys: [] },
    ),
    data: fc.oneof(fc.string({ maxLength: 600 }), records),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 6 }), async (entries) => {
      const parts = entries.map(({ typeFlag, magic, fields, data }) =>
        rawEntry({ ...fields, typeFlag, magic }, data),
      )
      const { file, stream } = await readBoth(folder, Buffer.concat([...parts, END]))
      expect(stream).toEqual(file)
    }),
    { numRuns: 600 },
  )
})
