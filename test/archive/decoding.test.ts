import fc from "fast-check"
import { Header } from "tar/header"
import { Pax } from "tar/pax"
import { expect, test } from "vitest"
import { ArchiveError } from "../../src/archive/archive-error.ts"
import { encodeHeader } from "../../src/archive/header.ts"
import { decodeHeaderBlock, type HeaderBlock } from "../../src/archive/header-block.ts"
import { parsePaxRecords } from "../../src/archive/pax-records.ts"
import { referenceHeader } from "./reference-header.ts"

/** What the decoder makes of a block: its fields, or the code with which it refuses. */
function decode(block: Buffer): HeaderBlock | string {
  try {
    return decodeHeaderBlock(block, "the archive", 0)
  } catch (error) {
    if (error instanceof ArchiveError) return error.code
    throw error
  }
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: "binary", maxLength }),
    fc.string({ unit: fc.constantFrom("a", "/", "\0", "\n", " ", "é"), maxLength, size: "max" }),
    bytes(maxLength),
  )
const number = (length: number) =>
  fc.oneof(
    fc.string({ unit: fc.constantFrom("0", "1", "7", " ", "\0"), maxLength: length }),
    fc.string({
      unit: fc.constantFrom("0", "7", "8", "x", "-", "+", "\t", " ", "\0", "."),
      maxLength: length,
    }),
    fc.nat(8 ** 7).map((value) => `${value.toString(8).padStart(length - 1, "0")}\0`),
    fc.constantFrom("12x", "0x1f", "1e3", "00000000005 ", "\0\x0000000005"),
    bytes(length - 1).map((tail) =>
      Buffer.concat([Buffer.of(0x80), Buffer.alloc(length - 1 - tail.length), tail]),
    ),
    bytes(length - 1).map((tail) => Buffer.concat([Buffer.of(0xff), tail])),
    bytes(length),
  )
/** How the sum of the bytes is written, and what is wrong with it. */
const checksum = fc.constantFrom("unsigned", "signed", "node-tar", "eight digits", "blank", "other", "12x")

const block = fc
  .record({
    name: text(100),
    mode: number(8),
    uid: number(8),
    gid: number(8),
    size: number(12),
    mtime: number(12),
    typeFlag: fc.oneof(
      fc.constantFrom("0", "\0", "1", "2", "5", "7", "x", "g", "L", "K", "S", "N"),
      bytes(1),
    ),
    linkName: text(100),
    magic: fc.oneof(fc.constantFrom("ustar\x0000", "ustar  \0", "ustar\x0001", "ustar\0", ""), bytes(8)),
    names: text(64),
    major: number(8),
    minor: number(8),
    prefix: text(155),
    checksum,
  })
  .map((fields) => {
    const made = Buffer.alloc(512)
    const put = (offset: number, length: number, value: string | Uint8Array) =>
      made.set((typeof value === "string" ? Buffer.from(value) : value).subarray(0, length), offset)
    put(0, 100, fields.name)
    put(100, 8, fields.mode)
    put(108, 8, fields.uid)
    put(116, 8, fields.gid)
    put(124, 12, fields.size)
    put(136, 12, fields.mtime)
    put(156, 1, fields.typeFlag)
    put(157, 100, fields.linkName)
    put(257, 8, fields.magic)
    put(265, 64, fields.names)
    put(329, 8, fields.major)
    put(337, 8, fields.minor)
    put(345, 155, fields.prefix)
    sign(made, fields.checksum)
    return made
  })

function sign(made: Buffer, how: string): void {
  made.fill(" ", 148, 156)
  const unsigned = made.reduce((sum, byte) => sum + byte, 0)
  const signed = made.reduce((sum, byte) => sum + (byte > 127 ? byte - 256 : byte), 0)
  const octal = (value: number, length: number) => Math.max(0, value).toString(8).padStart(length, "0")
  const written: Record<string, string> = {
    unsigned: `${octal(unsigned, 6)}\0 `,
    signed: `${octal(signed, 6)}\0 `,
    "node-tar": `${octal(unsigned, 6)} \0`,
    "eight digits": octal(unsigned, 8),
    blank: " ".repeat(8),
    other: `${octal(unsigned + 1, 6)}\0 `,
    "12x": `${octal(unsigned, 6)}x\0`,
  }
  made.write(written[how] ?? "", 148, 8, "latin1")
}

test("any header block is refused, or decoded, as a decoder of its own by the specifications does it", () => {
  let accepted = 0
  fc.assert(
    fc.property(block, (made) => {
      const decoded = decode(made)
      if (typeof decoded !== "string") accepted++
      expect(decoded).toEqual(referenceHeader(made))
    }),
    { numRuns: 5000 },
  )
  expect(accepted).toBeGreaterThan(500)
})

test("what is decoded is what node-tar says of the block as it stands, wherever that is right", () => {
  let compared = 0
  fc.assert(
    fc.property(block, (made) => {
      const decoded = decode(made)
      if (typeof decoded === "string") return
      const header = readLaxly(made)
      if (header === undefined || !header.cksumValid) return
      compared++
      const { type, path = "", linkpath = "" } = header
      if (type !== "Directory") expect(decoded.size).toBe(header.size ?? sizeBehindZeros(made))
      // It knows no prefix where the version is another, and goes on behind a zero byte and a line feed.
      const magic = made.toString("latin1", 257, 265)
      const isOdd = [made.subarray(0, 100), made.subarray(157, 257), made.subarray(345, 500)].some(
        hasLineBehindZero,
      )
      if (isOdd || (magic.startsWith("ustar\0") && magic !== "ustar\x0000")) return
      expect(decoded.name ?? path).toBe(path)
      expect(decoded.linkName ?? linkpath).toBe(linkpath)
      if (decoded.name === undefined) expect(path).toContain("\ufffd")
    }),
    { numRuns: 5000 },
  )
  expect(compared).toBeGreaterThan(100)
})

test.each([
  ["a size of 12x", 124, "12x", "BAD_HEADER", (header: Header) => header.size === 0o12],
  ["a size with a fraction", 124, "1.5\0", "BAD_HEADER", (header: Header) => header.size === 1],
  ["a checksum that goes on with letters", 154, "x", "BAD_CHECKSUM", (header: Header) => header.cksumValid],
  ["an unknown type", 156, "Z", "Z", (header: Header) => header.type === "Unsupported"],
])("%s passes node-tar, and is seen here", (_, at, written, outcome, isPassed) => {
  const made = Buffer.from(encodeHeader("name", 0))
  made.write(written, at, "latin1")
  if (at < 148 || at > 155) sign(made, "unsigned")
  expect(isPassed(new Header(made))).toBe(true)
  const decoded = decode(made)
  expect(typeof decoded === "string" ? decoded : decoded.typeFlag).toBe(outcome)
})

test("a directory that states data keeps its size, to be refused, where node-tar says 0", () => {
  const made = Buffer.from(encodeHeader("folder", 5))
  made.write("5", 156)
  sign(made, "unsigned")
  expect(new Header(made).size).toBe(0)
  expect(decode(made)).toMatchObject({ typeFlag: "5", size: 5 })
})

test("a sum of signed bytes, as old tars wrote it, is right here and wrong for node-tar", () => {
  const made = Buffer.from(encodeHeader("name", 0))
  made.write("ä", 0)
  sign(made, "signed")
  expect(new Header(made).cksumValid).toBe(false)
  expect(decode(made)).toMatchObject({ name: "äme" })
})

test("pax records that are taken say what node-tar reads, and those that it passes over are refused", () => {
  const value = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.string({ unit: fc.constantFrom("a", "/", "=", " ", "\n", "\0", "é"), maxLength: 12 }),
    fc.nat().map(String),
  )
  const key = fc.constantFrom("path", "linkpath", "size", "path", "comment", "SCHILY.dev", "a b", "")
  const record = fc
    .tuple(key, value, fc.constantFrom(0, 0, 0, 0, 0, 1, -1, 100))
    .map(([key, value, shift]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`)
      const length = rest + String(rest + String(rest).length).length
      return {
        key,
        value,
        text: `${length + shift} ${key}=${value}\n`,
        isWhole: shift === 0 && key !== "" && value !== "",
      }
    })
  const seen = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
      const text = records.map((each) => each.text).join("")
      const read = readRecords(Buffer.from(text))
      if (read === undefined) {
        seen.refused++
        // What it does not understand it leaves out, and what comes behind is read as if nothing were amiss.
        expect(() => Pax.parse(text)).not.toThrow()
        expect(records.every(({ isWhole }) => isWhole)).toBe(false)
        return
      }
      if (records.some(({ value, isWhole }) => !isWhole || /[\n\0]/.test(value))) return
      seen.taken++
      const theirs = Pax.parse(text)
      for (const name of ["path", "linkpath"] as const) expect(read.get(name)?.toString()).toBe(theirs[name])
      const size = read.get("size")?.toString()
      if (size !== undefined && /^[0-9]+$/.test(size)) expect(theirs.size).toBe(Number(size))
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300)
})

function readRecords(data: Buffer): Map<string, Buffer> | undefined {
  try {
    return new Map([...parsePaxRecords(data)].map(([name, bytes]) => [name, Buffer.from(bytes)]))
  } catch (error) {
    expect((error as Error).message).toMatch(/^a record /)
    return undefined
  }
}

/** `undefined` where it throws, as over a number in base 256 that is none. */
function readLaxly(made: Buffer): Header | undefined {
  try {
    return new Header(made)
  } catch {
    return undefined
  }
}

function hasLineBehindZero(field: Buffer): boolean {
  return field.includes(0) && field.subarray(field.indexOf(0)).includes(0x0a)
}

/** It sees no digits behind a zero byte, nor any in a blank field. */
function sizeBehindZeros(made: Buffer): number {
  return Number.parseInt(`0${made.toString("latin1", 124, 136).replaceAll(/[ \0]/g, "")}`, 8)
}
