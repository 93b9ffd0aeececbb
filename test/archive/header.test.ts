import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { ArchiveError } from "../../src/archive/archive-error.ts"
import { encodeHeader, padding } from "../../src/archive/header.ts"
import { planArchive } from "../../src/archive/planner.ts"
import { listWithTar, tar, temporaryFolder, writeSparsely } from "./support.ts"

const folder = temporaryFolder()
const GIB = 1024 ** 3

describe("the header of a file", () => {
  test.each([
    ["a short name", "oci-layout", 30],
    ["a blob", `blobs/sha256/${"a".repeat(64)}`, 1000],
    ["a name of exactly 100 bytes", "n".repeat(100), 1],
    ["a name of 101 bytes with a slash", `${"p".repeat(50)}/${"n".repeat(50)}`, 1],
    ["a name that fills both fields", `${"p".repeat(77)}/${"q".repeat(77)}/${"n".repeat(100)}`, 1],
    ["several slashes to divide at", `${"abcdefghi/".repeat(12)}end`, 0],
    ["letters beyond ASCII", "Käse/über", 3],
  ])("equals what GNU tar writes for %s", (_, name, size) => {
    mkdirSync(join(folder, dirname(name)), { recursive: true })
    writeFileSync(join(folder, name), "x".repeat(size))
    const archive = tar(
      folder,
      ...["--create", "--format=ustar", "--mode=0644", "--mtime=@0", "--owner=0", "--group=0"],
      ...["--numeric-owner", "--file=-", name],
    )
    expect(Buffer.from(encodeHeader(name, size))).toEqual(archive.subarray(0, 512))
  })

  test("has a pax record for a size of 8 GiB, and none for a byte less", () => {
    expect(encodeHeader("blob", 8 * GIB - 1)).toHaveLength(512)
    const header = Buffer.from(encodeHeader("dir/blob", 8 * GIB))
    expect(header).toHaveLength(3 * 512)
    expect(header.toString("latin1", 0, 100).replaceAll("\0", "")).toBe("PaxHeaders/blob")
    expect(header.toString("latin1", 156, 157)).toBe("x")
    expect(header.toString("latin1", 512, 1024).replaceAll("\0", "")).toBe("19 size=8589934592\n")
    expect(header.toString("latin1", 1024 + 124, 1024 + 136)).toBe("00000000000\0")
    expect(header.toString("latin1", 1024, 1124).replaceAll("\0", "")).toBe("dir/blob")
  })

  test("has a pax record for the name of a sha512 blob, which no slash can divide", () => {
    const name = `blobs/sha512/${"b".repeat(128)}`
    const header = Buffer.from(encodeHeader(name, 7))
    expect(header.toString("latin1", 512, 1024).replaceAll("\0", "")).toBe(`151 path=${name}\n`)
    expect(header.toString("latin1", 0, 100)).toBe(`PaxHeaders/${"b".repeat(89)}`)
    expect(header.toString("latin1", 1024, 1124)).toBe(name.slice(0, 100))
    expect(header.toString("latin1", 1024 + 124, 1024 + 136)).toBe("00000000007\0")
  })

  test("sorts the records when it needs both", () => {
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
