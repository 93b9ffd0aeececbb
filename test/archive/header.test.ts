import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Header } from "tar/header"
import { describe, expect, test } from "vitest"
import { dump } from "../../fixtures/golden/dump.ts"
import { ArchiveError } from "../../src/archive/archive-error.ts"
import { encodeHeader, headerSize, padding } from "../../src/archive/header.ts"
import { planArchive } from "../../src/archive/planner.ts"
import { listWithTar, tar, temporaryFolder, writeSparsely } from "./support.ts"

const folder = temporaryFolder()
const GIB = 1024 ** 3

const SHA256 = `blobs/sha256/${"0123456789abcdef".repeat(4)}`
const SHA512 = `blobs/sha512/${"0123456789abcdef".repeat(8)}`

describe("the header of a file", () => {
  test.each([
    ["oci-layout", "oci-layout", 30],
    ["blob", SHA256, 1000],
    ["blob-of-sha512", SHA512, 7],
    ["blob-just-below-8-gib", SHA256, 8 * GIB - 1],
    ["blob-of-8-gib", SHA256, 8 * GIB],
    ["blob-of-sha512-and-9-gib", SHA512, 9 * GIB],
    ["name-in-two-parts", `${"p".repeat(77)}/${"q".repeat(77)}/${"n".repeat(100)}`, 1],
    ["name-of-100-bytes", "n".repeat(100), 1],
    ["name-beyond-ascii", "Käse/über", 3],
  ])("is to the byte that of fixtures/golden/header-%s.txt", async (file, name, size) => {
    const header = encodeHeader(name, size)
    expect(headerSize(name, size)).toBe(header.length)
    await expect(dump(header)).toMatchFileSnapshot(`../../fixtures/golden/header-${file}.txt`)
  })

  test.each([
    ["a short name", "oci-layout", 30],
    ["a blob", `blobs/sha256/${"a".repeat(64)}`, 1000],
    ["a name of 99 bytes", "n".repeat(99), 1],
    ["a name of 100 bytes with a slash", `${"p".repeat(50)}/${"n".repeat(49)}`, 1],
    ["a name that fills both fields", `${"p".repeat(77)}/${"q".repeat(77)}/${"n".repeat(100)}`, 1],
    ["several slashes to divide at", `${"abcdefghi/".repeat(12)}end`, 0],
  ])("says to a reader what GNU tar's says, without pax, for %s", (_, name, size) => {
    mkdirSync(join(folder, dirname(name)), { recursive: true })
    writeFileSync(join(folder, name), "x".repeat(size))
    const archive = tar(
      folder,
      ...["--create", "--format=ustar", "--mode=0644", "--mtime=@0", "--owner=0", "--group=0"],
      ...["--numeric-owner", "--file=-", name],
    )
    const { path, mode, uid, gid, mtime, type, ...header } = new Header(Buffer.from(encodeHeader(name, size)))
    expect(header).toMatchObject({ size, cksumValid: true, uname: "", gname: "", devmaj: 0, devmin: 0 })
    const theirs = new Header(archive)
    expect({ path, mode, uid, gid, mtime, type }).toEqual({
      path: theirs.path,
      mode: theirs.mode,
      uid: theirs.uid,
      gid: theirs.gid,
      mtime: theirs.mtime,
      type: theirs.type,
    })
  })

  test("has a pax record for a size of 8 GiB, and none for a byte less", () => {
    expect(encodeHeader("blob", 8 * GIB - 1)).toHaveLength(512)
    const header = Buffer.from(encodeHeader("dir/blob", 8 * GIB))
    expect(header).toHaveLength(3 * 512)
    expect(header.toString("latin1", 512, 1024).replaceAll("\0", "")).toBe("19 size=8589934592\n")
  })

  test("has both records where it needs both, the path first", () => {
    const header = Buffer.from(encodeHeader("c".repeat(101), 9 * GIB))
    expect(header.toString("latin1", 512, 1024).replaceAll("\0", "")).toBe(
      `111 path=${"c".repeat(101)}\n19 size=9663676416\n`,
    )
  })

  test.each([
    ["an empty name", "", 1],
    ["a zero byte in the name", "a\0b", 1],
    ["a name that would be a folder", "a/", 1],
    ["half a surrogate pair", "\ud800", 1],
    ["a negative size", "a", -1],
    ["a broken size", "a", 1.5],
    ["a size that is not a safe integer", "a", 2 ** 53],
  ])("refuses %s", (_, name, size) => {
    expect(() => encodeHeader(name, size)).toThrow(ArchiveError)
  })
})

test("a plan puts every file behind the one before it, and two zero blocks at the end", () => {
  const plan = planArchive([
    { name: "a", size: 0 },
    { name: "b", size: 1 },
    { name: "c", size: 512 },
  ])
  expect(plan.files.map(({ headerOffset, offset }) => [headerOffset, offset])).toEqual([
    [0, 512],
    [512, 1024],
    [1536, 2048],
  ])
  expect(plan.size).toBe(2048 + 512 + 1024)
  expect([0, 1, 511, 512, 513].map(padding)).toEqual([0, 511, 1, 0, 511])
})

test("GNU tar reads the headers of a file of 9 GiB right", () => {
  const files = [
    { name: `blobs/sha512/${"d".repeat(128)}`, size: 9 * GIB },
    { name: "after", size: 3 },
  ]
  const path = join(folder, "sparse.tar")
  writeSparsely(path, files)
  expect(listWithTar(path)).toEqual(files)
})
