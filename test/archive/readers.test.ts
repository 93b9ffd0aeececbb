import { execFileSync } from "node:child_process"
import { linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { ArchiveStream } from "../../src/archive/archive-stream.ts"
import {
  END,
  kept,
  listWithTar,
  octal,
  rawEntry,
  rawHeader,
  readAsFile,
  readAsStream,
  readBoth,
  tar,
  temporaryFolder,
  writeArchive,
  writeSparsely,
} from "./support.ts"

const folder = temporaryFolder()
const GIB = 1024 ** 3
const deep = `${"folder/".repeat(20)}${"file-".repeat(30)}end`

function makeTree(): string {
  const root = join(folder, "tree")
  mkdirSync(join(root, "folder/".repeat(20)), { recursive: true })
  writeFileSync(join(root, "a.txt"), "hello")
  writeFileSync(join(root, "ü.txt"), "x".repeat(1500))
  writeFileSync(join(root, "empty"), "")
  writeFileSync(join(root, "dir-file"), "")
  mkdirSync(join(root, "dir"))
  symlinkSync("a.txt", join(root, "soft"))
  linkSync(join(root, "a.txt"), join(root, "hard"))
  writeFileSync(join(root, deep), "deep")
  symlinkSync(deep, join(root, "long-link"))
  return root
}
const root = makeTree()

describe("archives of GNU tar", () => {
  test.each(["pax", "gnu", "ustar", "v7"])(
    "in the format %s are read whole by both readers",
    async (format) => {
      // What v7 and ustar cannot say, GNU tar leaves out.
      const isLong = format === "pax" || format === "gnu"
      const names = ["a.txt", "ü.txt", "empty", "dir", "soft", "hard", ...(isLong ? [deep, "long-link"] : [])]
      const bytes = tar(root, "--create", `--format=${format}`, "--file=-", ...names)
      const { file, stream } = await readBoth(folder, bytes)
      expect(stream).toEqual(file)
      expect(file.error).toBeUndefined()
      const seen = file.entries.map(({ entry, data }) => [entry.name, entry.type, entry.linkName, data])
      expect(seen).toEqual([
        ["a.txt", "file", undefined, "hello"],
        ["ü.txt", "file", undefined, "x".repeat(1500)],
        ["empty", "file", undefined, ""],
        ["dir/", "directory", undefined, ""],
        ["soft", "symlink", "a.txt", ""],
        ["hard", "link", "a.txt", ""],
        ...(isLong
          ? [
              [deep, "file", undefined, "deep"],
              ["long-link", "symlink", deep, ""],
            ]
          : []),
      ])
    },
  )

  test("with global and per-file pax headers name and size the files as GNU tar does", async () => {
    const bytes = tar(
      root,
      ...["--create", "--format=pax", "--pax-option=globexthdr.name=g,comment=by hand", "--file=-", "a.txt"],
    )
    const { file, stream } = await readBoth(folder, bytes)
    expect(stream).toEqual(file)
    expect(file.entries.map(({ entry, data }) => [entry.name, entry.headerOffset, data])).toEqual([
      ["a.txt", 0, "hello"],
    ])
  })

  test.each(["gnu", "pax"])("hold files over 8 GiB in the format %s", async (format) => {
    writeFileSync(join(folder, "huge"), "")
    truncateSync(join(folder, "huge"), 9 * GIB)
    const command = `tar --create --format=${format} --file=- huge | head --bytes=2048`
    const head = execFileSync("sh", ["-c", command], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] })
    const path = join(folder, "huge.tar")
    writeFileSync(path, head)
    truncateSync(path, 9 * GIB + 4096)
    const archive = await ArchiveFile.open(path)
    const entries = await Array.fromAsync(archive.entries())
    expect(entries.map(({ name, size }) => [name, size])).toEqual([["huge", 9 * GIB]])
    await archive.close()
  })
})

test("an archive with holes of 9 GiB is walked by both readers, and GNU tar agrees", async () => {
  const files = [
    { name: "before", size: 700 },
    { name: "zeros", size: 9 * GIB },
    { name: "after", size: 3 },
  ]
  const path = join(folder, "holes.tar")
  writeSparsely(path, files)
  const archive = await ArchiveFile.open(path)
  const entries = await Array.fromAsync(archive.entries(), kept)
  expect(entries.map(({ name, size }) => ({ name, size }))).toEqual(files)
  expect(archive.end.offset + 1024).toBe(archive.size)
  const [, zeros, after] = entries
  const zero = Buffer.alloc(1024 * 1024)
  async function* passing() {
    yield* archive.read(0, zeros?.offset ?? 0)
    for (let left = 9 * GIB; left > 0; left -= zero.length) yield zero
    yield* archive.read(after?.headerOffset ?? 0, archive.size - (after?.headerOffset ?? 0))
  }
  const stream = new ArchiveStream(passing())
  const streamed = []
  for (let next = await stream.next(); next; next = await stream.next()) streamed.push(kept(next.entry))
  expect(streamed).toEqual(entries)
  expect(listWithTar(path)).toEqual(files)
  await archive.close()
})

describe("what other tools write", () => {
  test.each<[string, Buffer[], [name: string, type: string, size: number][]]>([
    ["a size in base 256", [rawEntry({ size: base256(5) }, "hello")], [["name", "file", 5]]],
    ["a size padded with spaces", [rawEntry({ size: "         5 \0" }, "hello")], [["name", "file", 5]]],
    ["a size of twelve digits", [rawEntry({ size: "000000000005" }, "hello")], [["name", "file", 5]]],
    [
      "a pax size over a header that says 0",
      [rawEntry({ typeFlag: "x" }, "15 size=000005\n"), rawEntry({ size: octal(0) }, "hello")],
      [["name", "file", 5]],
    ],
    [
      "a global pax path that a local one overrides",
      [
        rawEntry({ typeFlag: "g" }, "15 path=global\n"),
        rawEntry({}, "1"),
        rawEntry({ typeFlag: "x" }, "15 path=locals\n"),
        rawEntry({}, "22"),
      ],
      [
        ["global", "file", 1],
        ["locals", "file", 2],
      ],
    ],
    [
      "an empty pax value, which takes the global one back",
      [
        rawEntry({ typeFlag: "g" }, "15 path=global\n"),
        rawEntry({ typeFlag: "x" }, "8 path=\n"),
        rawEntry({}, "1"),
      ],
      [["name", "file", 1]],
    ],
    [
      "pax values that are no text",
      [rawEntry({ typeFlag: "x" }, Buffer.from("11 a.b=\xff\xfe\0\n", "latin1")), rawEntry({}, "1")],
      [["name", "file", 1]],
    ],
    [
      "a pax size that is not meant for the GNU name behind it",
      [
        rawEntry({ typeFlag: "x" }, "15 size=000005\n"),
        rawEntry({ typeFlag: "L" }, "long\0"),
        rawEntry({ size: octal(0) }, "hello"),
      ],
      [["long", "file", 5]],
    ],
    [
      "GNU headers, which keep a time where ustar keeps the prefix",
      [rawEntry({ magic: "ustar  \0", prefix: "14611135130" }, "1")],
      [["name", "file", 1]],
    ],
    [
      "a directory of v7",
      [rawEntry({ name: "dir/", typeFlag: "\0", magic: "" })],
      [["dir/", "directory", 0]],
    ],
    [
      "devices, FIFOs and types nobody knows",
      [rawEntry({ typeFlag: "3" }), rawEntry({ typeFlag: "6" }), rawEntry({ typeFlag: "V" }, "volume")],
      [
        ["name", "other", 0],
        ["name", "other", 0],
        ["name", "other", 6],
      ],
    ],
    ["a contiguous file", [rawEntry({ typeFlag: "7" }, "1")], [["name", "file", 1]]],
    ["an archive without entries", [], []],
  ])("is understood: %s", async (_, parts, expected) => {
    const { file, stream } = await readBoth(folder, Buffer.concat([...parts, END]))
    expect(stream).toEqual(file)
    expect(file.error).toBeUndefined()
    expect(file.entries.map(({ entry }) => [entry.name, entry.type, entry.size])).toEqual(expected)
  })

  test("checksums that were summed with signed bytes", async () => {
    const header = rawHeader({ name: "Käse" })
    header.fill(" ", 148, 156)
    const sum = header.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0)
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
    const { file } = await readBoth(folder, Buffer.concat([header, END]))
    expect(file.entries[0]?.entry.name).toBe("Käse")
  })
})

test("the header of an entry is every byte between the data before it and its own", async () => {
  const files = [
    { name: "a", data: "1" },
    { name: `blobs/sha512/${"c".repeat(128)}`, data: "22" },
  ]
  const bytes = writeArchive(files)
  const { file } = await readBoth(folder, bytes)
  for (const { entry } of file.entries) {
    expect(entry.header).toEqual(bytes.subarray(entry.headerOffset, entry.offset))
  }
  expect(file.entries[1]?.entry.headerOffset).toBe(1024)
  expect(file.end).toBe(bytes.length - 1024)
})

test("chunks of a stream may be cut anywhere", async () => {
  const bytes = tar(root, "--create", "--format=pax", "--file=-", "a.txt", deep, "soft")
  writeFileSync(join(folder, "cut.tar"), bytes)
  const expected = await readAsFile(join(folder, "cut.tar"))
  for (const size of [1, 7, 511, 512, 513, 10_000]) expect(await readAsStream(bytes, size)).toEqual(expected)
  expect(expected.end).toBeLessThan(readFileSync(join(folder, "cut.tar")).length - 1024)
})

function base256(value: number): Buffer {
  const field = Buffer.alloc(12)
  field[0] = 0x80
  field.writeUInt32BE(value, 8)
  return field
}
