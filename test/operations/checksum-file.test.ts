import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { addChecksum, findChecksum, prepareChecksum } from "../../src/operations/checksum-file.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const hex = (bytes: string, algorithm = "sha256") => createHash(algorithm).update(bytes).digest("hex")
const sri = (bytes: string, algorithm = "sha256") =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`

/** A folder with a checksum file of these lines. */
async function withLines(...lines: string[]) {
  const folder = await temporaryFolder()
  const sums = join(folder, "SHA256SUMS")
  await writeFile(sums, lines.map((line) => `${line}\n`).join(""))
  return { folder, sums, bundle: join(folder, "release.tar") }
}

describe("a checksum file that is written", () => {
  test("is what sha256sum checks, whatever the bundle's name", async () => {
    const folder = await temporaryFolder()
    const sums = join(folder, "SHA256SUMS")
    const name = fc.constantFrom(
      "release.tar",
      "a b.tar",
      "\\n",
      "line\nfeed",
      "re\rturn",
      "käse",
      " x",
      "*x",
      "-x",
      "a\\b\nc",
    )
    await fc.assert(
      fc.asyncProperty(name, async (name) => {
        const bundle = join(folder, name)
        await writeFile(bundle, name)
        await addChecksum(sums, bundle, `${sri(name, "sha512")} ${sri(name)}`)
        expect(await findChecksum(sums, bundle)).toBe(sri(name))
      }),
      { numRuns: 30 },
    )
    execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: folder })
    const lines = (await readFile(sums, "utf8")).trimEnd().split("\n")
    expect(new Set(lines).size).toBe(lines.length)
  })

  test("names the bundle from its own folder on, and keeps what it says of others", async () => {
    const { folder, sums } = await withLines(`${hex("other")}  other.tar`, `${hex("old")} *disk/release.tar`)
    await mkdir(join(folder, "disk"))
    await addChecksum(sums, join(folder, "disk", "release.tar"), sri("new"))
    expect(await readFile(sums, "utf8")).toBe(`${hex("other")}  other.tar\n${hex("new")}  disk/release.tar\n`)
    await addChecksum(sums, "-", sri("piped"))
    expect((await readFile(sums, "utf8")).split("\n").at(-2)).toBe(`${hex("piped")}  -`)
    expect((await readdir(folder)).toSorted()).toEqual([".SHA256SUMS.lock", "SHA256SUMS", "disk"])
  })

  test("has a line for each of several bundles that are exported at once", async () => {
    const { folder, sums } = await withLines()
    const names = Array.from({ length: 8 }, (_, at) => `${at}.tar`)
    await Promise.all(names.map((name) => addChecksum(sums, join(folder, name), sri(name))))
    const lines = (await readFile(sums, "utf8")).trimEnd().split("\n")
    expect(lines.toSorted()).toEqual(names.map((name) => `${hex(name)}  ${name}`).toSorted())
  })

  test("is the file that a link leads to", async () => {
    const { folder, sums, bundle } = await withLines()
    await symlink("SHA256SUMS", join(folder, "link"))
    await addChecksum(join(folder, "link"), bundle, sri("bytes"))
    expect(await readFile(sums, "utf8")).toBe(`${hex("bytes")}  release.tar\n`)
  })

  test.each([
    ["the bundle itself", "release.tar", "INVALID_OUTPUT", "cannot be the bundle and its checksum file"],
    ["a folder", "folder", "INVALID_OUTPUT", "is a folder"],
    ["a device", "/dev/null", "INVALID_OUTPUT", "is a pipe or a device"],
    ["a file of another kind", "notes.txt", "INVALID_CHECKSUM_FILE", "line 1 is no checksum"],
  ])("is not %s, which stays as it is", async (_, name, code, words) => {
    const { folder, bundle } = await withLines()
    await mkdir(join(folder, "folder"))
    await writeFile(join(folder, "notes.txt"), "do not lose this\n")
    const path = name.startsWith("/") ? name : join(folder, name)
    const refusal = { code, message: expect.stringContaining(words), hint: expect.any(String) }
    await expect(prepareChecksum(path, bundle)).rejects.toMatchObject(refusal)
    await expect(addChecksum(path, bundle, sri("bytes"))).rejects.toMatchObject(refusal)
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("do not lose this\n")
  })
})

describe("what a checksum file says of a bundle", () => {
  test.each([
    ["as sha256sum writes it", [`${hex("bytes")}  release.tar`], sri("bytes")],
    ["as sha256sum writes it of binary files", [`${hex("bytes")} *release.tar`], sri("bytes")],
    ["as sha512sum writes it", [`${hex("bytes", "sha512")}  release.tar`], sri("bytes", "sha512")],
    [
      "as sha256sum writes it, in two ways",
      [`${hex("bytes")}  release.tar`, `${hex("bytes")}  ./release.tar`],
      sri("bytes"),
    ],
    ["as sha384sum writes it", [`${hex("bytes", "sha384")}  ./release.tar`], sri("bytes", "sha384")],
    [
      "in capitals, with the ends of lines of Windows",
      [`${hex("bytes").toUpperCase()}  release.tar\r`],
      sri("bytes"),
    ],
    [
      "among others",
      [`${hex("a")}  a.tar`, "", `${hex("bytes")}  release.tar`, `${hex("b")}  b/release.tar`],
      sri("bytes"),
    ],
    [
      "from where it was exported",
      [`${hex("bytes")}  /srv/out/release.tar`, `${hex("a")}  a.tar`],
      sri("bytes"),
    ],
    [
      "twice, by two algorithms",
      [`${hex("bytes")}  release.tar`, `${hex("bytes", "sha512")}  release.tar`],
      `${sri("bytes")} ${sri("bytes", "sha512")}`,
    ],
  ])("is found: %s", async (_, lines, found) => {
    const { sums, bundle } = await withLines(...lines)
    expect(await findChecksum(sums, bundle)).toBe(found)
  })

  test("is found for a pipe where it is said of a pipe, or of one file alone", async () => {
    const { sums } = await withLines(`${hex("a")}  a.tar`, `${hex("bytes")}  -`)
    expect(await findChecksum(sums, "-")).toBe(sri("bytes"))
    const { sums: single } = await withLines(`${hex("a")}  a.tar`)
    expect(await findChecksum(single, "-")).toBe(sri("a"))
  })

  test.each([
    [
      "nothing is said of it",
      [`${hex("a")}  a.tar`, `${hex("b")}  b.tar`],
      "CHECKSUM_NOT_FOUND",
      "has no checksum of",
      "it names a.tar, b.tar",
    ],
    ["it is empty", [], "CHECKSUM_NOT_FOUND", "has no checksum of", "it is empty"],
    [
      "two could be meant",
      [`${hex("a")}  a/release.tar`, `${hex("b")}  b/release.tar`],
      "CHECKSUM_NOT_FOUND",
      "has several",
      "it names a/release.tar, b/release.tar",
    ],
    [
      "it says two things",
      [`${hex("a")}  release.tar`, `${hex("b")}  release.tar`],
      "INVALID_CHECKSUM_FILE",
      "two different checksums of release.tar",
      "each of its lines",
    ],
    [
      "a line is cut off",
      [`${hex("a").slice(1)}  release.tar`],
      "INVALID_CHECKSUM_FILE",
      "line 1 is no checksum",
      "each of its lines",
    ],
    [
      "a digest is of an algorithm that is broken",
      [`${hex("a", "sha1")}  release.tar`],
      "INVALID_CHECKSUM_FILE",
      "line 1 is no checksum",
      "each of its lines",
    ],
    [
      "a line has no name",
      [`${hex("a")}  a.tar`, `${hex("a")}  `],
      "INVALID_CHECKSUM_FILE",
      "line 2 is no checksum",
      "each of its lines",
    ],
    [
      "it is larger than any",
      ["x".repeat(1024 * 1024)],
      "INVALID_CHECKSUM_FILE",
      "is larger than 1048576 bytes",
      "each of its lines",
    ],
  ])("is not guessed where %s", async (_, lines, code, words, hint) => {
    const { sums, bundle } = await withLines(...lines)
    await expect(findChecksum(sums, bundle)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
      hint: expect.stringContaining(hint),
    })
  })

  test("is not looked for in what is no text, nor where there is nothing", async () => {
    const { folder, sums, bundle } = await withLines()
    await writeFile(sums, Buffer.from("fffe", "hex"))
    await expect(findChecksum(sums, bundle)).rejects.toMatchObject({ code: "INVALID_CHECKSUM_FILE" })
    await expect(findChecksum(join(folder, "missing"), bundle)).rejects.toMatchObject({
      code: "INVALID_CHECKSUM_FILE",
      message: expect.stringContaining("there is nothing of that name"),
    })
    await expect(findChecksum(folder, bundle)).rejects.toMatchObject({
      code: "INVALID_CHECKSUM_FILE",
      message: expect.stringContaining("it is a folder"),
    })
  })
})
