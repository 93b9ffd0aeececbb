import { execFileSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { ArchiveError } from "../../src/archive/archive-error.ts"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { ArchiveStream } from "../../src/archive/archive-stream.ts"
import {
  chunked,
  END,
  octal,
  rawEntry,
  rawHeader,
  readBoth,
  temporaryFolder,
  writeArchive,
} from "./support.ts"

const folder = temporaryFolder()
const good = writeArchive([
  { name: "first", data: "1".repeat(600) },
  { name: "second", data: "2" },
])

describe("a file that is no archive is told from a damaged one", () => {
  test.each<[string, Uint8Array, string]>([
    ["an empty file", Buffer.alloc(0), "it is empty"],
    ["a short text", Buffer.from("hello"), "it has only 5 bytes"],
    ["a longer text", Buffer.alloc(5000, "text "), "is not a tar archive"],
    ["a gzip-compressed archive", gzipSync(good), "compressed with gzip"],
    ["a zstd-compressed archive", zstdCompressSync(good), "compressed with zstd"],
    ["an xz-compressed archive", Buffer.from("fd377a585a0000", "hex"), "compressed with xz"],
    ["a bzip2-compressed archive", Buffer.from("BZh91AY&SY"), "compressed with bzip2"],
  ])("%s", async (_, bytes, message) => {
    const path = join(folder, "file.tar")
    writeFileSync(path, bytes)
    const archive = await ArchiveFile.open(path)
    const error = await failure(Array.fromAsync(archive.entries()))
    await archive.close()
    expect(error).toMatchObject({
      code: "NOT_AN_ARCHIVE",
      message: expect.stringContaining(message),
      offset: 0,
    })
    expect(error.message).toContain(path)
    expect(error.hint).toBeTruthy()
    const stream = new ArchiveStream(chunked(bytes, 100), path)
    expect((await failure(stream.next())).message).toBe(error.message)
  })
})

describe("only regular files are opened", () => {
  test("a symbolic link to one is followed", async () => {
    writeFileSync(join(folder, "target.tar"), good)
    symlinkSync("target.tar", join(folder, "link.tar"))
    const archive = await ArchiveFile.open(join(folder, "link.tar"))
    expect(await Array.fromAsync(archive.entries())).toHaveLength(2)
    await archive.close()
  })

  test.each([
    ["a folder", "folder", "name a file, not a folder"],
    ["a FIFO that nobody writes to", "fifo", "copy it to a file first"],
    ["a device", "/dev/null", "copy it to a file first"],
  ])("%s is refused at once", async (_, name, hint) => {
    const path = join(folder, name)
    if (name === "folder") mkdirSync(path)
    if (name === "fifo") execFileSync("sh", ["-c", 'mkfifo "$0"', path])
    const target = name.startsWith("/") ? name : path
    expect(await failure(ArchiveFile.open(target))).toMatchObject({
      code: "NOT_AN_ARCHIVE",
      message: `${target} is not a regular file`,
      hint,
    })
  })

  test("a file that is not there is the system's error", async () => {
    await expect(ArchiveFile.open(join(folder, "missing"))).rejects.toMatchObject({ code: "ENOENT" })
  })
})

const pax = (data: string | Uint8Array) => [rawEntry({ typeFlag: "x" }, data), rawEntry({}, "hello")]

describe("headers that mislead are refused by both readers", () => {
  test.each<[string, string, string, Buffer[]]>([
    ["a block that is no header", "BAD_CHECKSUM", "the checksum of the header", [Buffer.alloc(512, "x")]],
    ["a wrong checksum", "BAD_CHECKSUM", "the checksum of the header", [corrupted(rawEntry({}), 0, "m")]],
    [
      "a checksum that is no number",
      "BAD_CHECKSUM",
      "the checksum of the header",
      [corrupted(rawEntry({}), 148, "garbage!")],
    ],
    [
      "a negative size in base 256",
      "BAD_HEADER",
      "has no valid size",
      [rawEntry({ size: Buffer.alloc(12, 0xff) })],
    ],
    [
      "a size in base 256 past all integers",
      "BAD_HEADER",
      "has no valid size",
      [rawEntry({ size: base256("7fffffffffffffff") })],
    ],
    [
      "a size in base 256 with high bits",
      "BAD_HEADER",
      "has no valid size",
      [rawEntry({ size: Buffer.alloc(12, 0x81) })],
    ],
    ["a negative octal size", "BAD_HEADER", "has no valid size", [rawEntry({ size: "-0000000001" })]],
    [
      "a size with a digit that is not octal",
      "BAD_HEADER",
      "has no valid size",
      [rawEntry({ size: "00000000009" })],
    ],
    ["a size cut in two", "BAD_HEADER", "has no valid size", [rawEntry({ size: "0000 000005" })]],
    [
      "a size just below the greatest integer",
      "BAD_HEADER",
      "the size is too large",
      [rawEntry({ size: base256("1fffffffffffff") })],
    ],
    [
      "a link with data",
      "BAD_HEADER",
      'an entry of type "1" cannot have data',
      [rawEntry({ typeFlag: "1", linkName: "a" }, "data")],
    ],
    [
      "a folder with data",
      "BAD_HEADER",
      'an entry of type "5" cannot have data',
      [rawEntry({ typeFlag: "5", name: "a/" }, "data")],
    ],
    [
      "a folder of v7 with data",
      "BAD_HEADER",
      'an entry of type "5" cannot have data',
      [rawEntry({ typeFlag: "\0", name: "a/" }, "data")],
    ],
    ["no name", "BAD_HEADER", "an entry has no name", [rawEntry({ name: "" })]],
    [
      "a name that is not UTF-8",
      "BAD_HEADER",
      "a name is not UTF-8",
      [rawEntry({ name: Buffer.from("fffe", "hex") })],
    ],
    ["a GNU sparse file", "UNSUPPORTED_ENTRY", "is a sparse file", [rawEntry({ typeFlag: "S" }, "1")]],
    ["a pax sparse file", "UNSUPPORTED_ENTRY", "is a sparse file", pax("22 GNU.sparse.major=1\n")],
    [
      "a zero block between entries",
      "BAD_HEADER",
      "a single zero block stands between entries",
      [Buffer.alloc(512), rawEntry({})],
    ],
    [
      "an extended header of no entry",
      "BAD_HEADER",
      "an extended header is followed by no entry",
      [rawEntry({ typeFlag: "x" }, "16 path=renamed\n")],
    ],
    [
      "a pax and a GNU name that differ",
      "BAD_HEADER",
      "pax and GNU headers name one entry differently",
      [rawEntry({ typeFlag: "L" }, "other"), ...pax("15 path=rename\n")],
    ],
    ["a pax record without a length", "BAD_HEADER", "a record has no length", pax(" path=a\n")],
    ["a pax record of length 0", "BAD_HEADER", "a record has no length", pax("0 path=a\n")],
    ["a pax record with a leading zero", "BAD_HEADER", "a record has no length", pax("010 path=a\n")],
    ["a pax record of negative length", "BAD_HEADER", "a record has no length", pax("-9 path=a\n")],
    [
      "a pax record longer than its header",
      "BAD_HEADER",
      "a record is longer than its header",
      pax("99 path=a\n"),
    ],
    [
      "a pax record of endless length",
      "BAD_HEADER",
      "a record has no length",
      pax("99999999999999999999 path=a\n"),
    ],
    [
      "a pax record shorter than its text",
      "BAD_HEADER",
      "a record is not of the form key=value",
      pax("7 path=a\n"),
    ],
    [
      "a pax record too short for anything",
      "BAD_HEADER",
      "a record is not of the form key=value",
      pax("2 path=a\n"),
    ],
    ["a pax record without =", "BAD_HEADER", "a record is not of the form key=value", pax("8 pathx\n")],
    ["a pax record without a key", "BAD_HEADER", "a record is not of the form key=value", pax("6 =ab\n")],
    [
      "a pax record without its line feed",
      "BAD_HEADER",
      "a record is not of the form key=value",
      pax("8 path=a"),
    ],
    ["pax records with bytes behind them", "BAD_HEADER", "a record has no length", pax("9 path=a\n\0")],
    [
      "a zero byte in a pax path",
      "BAD_HEADER",
      'the pax record "path" holds a zero byte',
      pax("12 path=a\0b\n"),
    ],
    [
      "a pax path that is not UTF-8",
      "BAD_HEADER",
      "a name is not UTF-8",
      pax(Buffer.from("10 path=\xff\n", "latin1")),
    ],
    ["a negative pax size", "BAD_HEADER", "the pax size is no size", pax("11 size=-1\n")],
    ["a pax size with a sign", "BAD_HEADER", "the pax size is no size", pax("11 size=+1\n")],
    ["a hexadecimal pax size", "BAD_HEADER", "the pax size is no size", pax("12 size=0x1\n")],
    [
      "a pax size past all integers",
      "BAD_HEADER",
      "the pax size is no size",
      pax("25 size=9007199254740993\n".slice(0, 25)),
    ],
    ["a pax size with a fraction", "BAD_HEADER", "the pax size is no size", pax("12 size=1.5\n")],
    [
      "more than 1 MiB of pax records",
      "BAD_HEADER",
      "more than 1048576 bytes of extended headers",
      pax(Buffer.alloc(1024 * 1024)),
    ],
    [
      "a pax header that claims gigabytes",
      "BAD_HEADER",
      "more than 1048576 bytes of extended headers",
      [rawHeader({ typeFlag: "x", size: octal(8 ** 11 - 1) })],
    ],
    [
      "a GNU name that claims gigabytes",
      "BAD_HEADER",
      "more than 1048576 bytes of extended headers",
      [rawHeader({ typeFlag: "L", size: octal(8 ** 11 - 1) })],
    ],
    [
      "endless empty extended headers",
      "BAD_HEADER",
      "more than 1048576 bytes of extended headers",
      Array(3000).fill(rawEntry({ typeFlag: "g" })),
    ],
    [
      "data past the end",
      "TRUNCATED",
      'a part of the data of "name" is missing',
      [rawHeader({ size: octal(1_000_000) })],
    ],
  ])("%s", async (_, code, words, parts) => {
    const bytes = Buffer.concat([rawEntry({ name: "ok" }, "1"), ...parts, END])
    const { file, stream } = await readBoth(folder, bytes)
    expect(file.error).toBe(code)
    expect((await failure(readToEnd(bytes))).message).toContain(words)
    expect(file.entries.map(({ entry }) => entry.name)).toEqual(["ok"])
    expect(stream).toEqual(file)
  })

  test("an endless stream of extended headers ends in an error, not in memory", async () => {
    const header = rawEntry({ typeFlag: "x" })
    async function* endless() {
      for (;;) yield header
    }
    expect(await failure(new ArchiveStream(endless()).next())).toMatchObject({ code: "BAD_HEADER" })
  })

  test("an error names the place and the entry, and shows no control characters", async () => {
    const bytes = Buffer.concat([
      rawHeader({ name: "\u001b[31mred\u009b0m", size: octal(99) }),
      Buffer.alloc(512),
    ])
    const stream = new ArchiveStream(chunked(bytes.subarray(0, 520), 100), "release.tar")
    await stream.next()
    expect(await failure(stream.next())).toMatchObject({
      code: "TRUNCATED",
      message:
        'release.tar is cut off: a part of the data of "\\u001b[31mred\\u009b0m" is missing at byte 520',
      offset: 520,
      entry: "\u001b[31mred\u009b0m",
      hint: "get the file again from where it was made",
    })
  })
})

test("an archive cut at any block or beside it is refused by both readers", async () => {
  for (let at = 0; at < good.length; at += 128) {
    for (const length of [at, at + 1]) {
      const { file, stream } = await readBoth(folder, good.subarray(0, length))
      expect(file.error).toBe(length < 512 ? "NOT_AN_ARCHIVE" : "TRUNCATED")
      expect(stream).toEqual(file)
    }
  }
})

async function readToEnd(bytes: Uint8Array): Promise<void> {
  const stream = new ArchiveStream(chunked(bytes, 700))
  while ((await stream.next()) !== undefined);
}

async function failure(promise: Promise<unknown>): Promise<ArchiveError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ArchiveError) return error
  throw new Error("no ArchiveError was thrown", { cause: error })
}

function corrupted(bytes: Buffer, offset: number, text: string): Buffer {
  bytes.write(text, offset)
  return bytes
}

function base256(hex: string): Buffer {
  return Buffer.from(`80${hex.padStart(22, "0")}`, "hex")
}
