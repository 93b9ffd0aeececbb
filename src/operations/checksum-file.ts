import { isUtf8 } from "node:buffer"
import { open } from "node:fs/promises"
import { basename, dirname, join, relative, resolve } from "node:path"
import { digestOfHex, type FileDigest, hashOf, printIntegrity } from "../bundle/integrity.ts"
import { PartialFile } from "../content/partial-file.ts"
import { withProcessLock } from "../content/process-lock.ts"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { reasonOf } from "../errors/reason.ts"
import { hasCode } from "../errors/system-error.ts"
import { OperationError } from "./operation-error.ts"
import { findOutput } from "./output-file.ts"

/** In bytes: ten thousand lines. What is larger is no list of checksums. */
const MAX_SIZE = 1024 * 1024

/** A bundle that goes through a pipe, as sha256sum names it too. */
const PIPE = "-"

interface Line {
  /** As it is written. */
  text: string
  digest: FileDigest
  /** Of the file, seen from the folder of the checksum file. */
  name: string
}

/**
 * Finds what a checksum file says of a bundle: its integrity. The file is one that `sha256sum`, `sha384sum` or
 * `sha512sum` wrote, or `addChecksum`. The bundle's line is that of its path, else the only one of a file of its name;
 * of a bundle that comes through a pipe (`-`), that of `-`, else the only one. Throws `INVALID_CHECKSUM_FILE`,
 * also where it cannot be read, or `CHECKSUM_NOT_FOUND`.
 */
export async function findChecksum(path: string, bundle: string): Promise<string> {
  const lines = await readLines(path)
  const place = placeOf(path, bundle)
  const own = lines.filter((line) => placeOf(path, line.name, dirname(path)) === place)
  const alike = bundle === PIPE ? lines : lines.filter(({ name }) => basename(name) === basename(bundle))
  const found = own.length > 0 ? own : alike
  const [name, ...otherNames] = new Set(found.map((line) => line.name))
  if (name === undefined || (own.length === 0 && otherNames.length > 0)) {
    const what = bundle === PIPE ? "a bundle from a pipe" : quoteUnlessPlain(bundle)
    const why = name === undefined ? "has no checksum of" : "has several checksums that could be meant for"
    throw new OperationError("CHECKSUM_NOT_FOUND", `${path} ${why} ${what}`, {
      hint: lines.length === 0 ? "it is empty" : `it names ${namesOf(lines)}`,
    })
  }
  const digests = [...new Set(found.map(({ digest }) => digest))]
  if (new Set(digests.map((digest) => digest.length)).size < digests.length) {
    throw invalid(path, `it has two different checksums of ${quoteUnlessPlain(name)}`)
  }
  return printIntegrity(digests)
}

/**
 * Writes the SHA-256 of a bundle into a checksum file, as `sha256sum --check` reads it: in place of the line that it
 * has for that bundle, else behind all others. `integrity` has to have that hash. The file appears whole or stays as
 * it was, also where several write it at once. Throws what `prepareChecksum` throws, and `CANNOT_LOCK`.
 */
export async function addChecksum(path: string, bundle: string, integrity: string): Promise<void> {
  const file = await checkOutput(path, bundle)
  const hash = hashOf(integrity, "sha256")
  if (hash === undefined) throw new Error("a line of a checksum file needs the SHA-256")
  const place = placeOf(path, bundle)
  const line = printLine(hash.hex, bundle === PIPE ? PIPE : relative(dirname(resolve(path)), resolve(bundle)))
  // Of two that read before either writes, the line of one would be lost.
  await withProcessLock(lockOf(file), {}, () => putLine(path, file, place, line))
}

async function putLine(path: string, file: string, place: string, line: string): Promise<void> {
  const lines = await readPresent(file)
  const others = lines.map((other) =>
    placeOf(path, other.name, dirname(path)) === place && other.digest.startsWith("sha256:")
      ? line
      : other.text,
  )
  const texts = others.includes(line) ? [...new Set(others)] : [...others, line]
  await using partial = await PartialFile.begin(file)
  await partial.handle.writeFile(texts.map((text) => `${text}\n`).join(""))
  await partial.finish()
}

/** Stays there: to remove it could take the lock of another away. Of a long name the beginning. */
function lockOf(file: string): string {
  return join(dirname(file), `.${[...basename(file)].slice(0, 40).join("")}.lock`)
}

/**
 * Makes sure that the checksum of a bundle can be written where it shall be, before the bundle is made. Throws
 * `INVALID_OUTPUT`, or `INVALID_CHECKSUM_FILE` for a file that is there and is something else.
 */
export async function prepareChecksum(path: string, bundle: string): Promise<void> {
  await readPresent(await checkOutput(path, bundle))
}

/** Gives the file that `path` leads to. */
async function checkOutput(path: string, bundle: string): Promise<string> {
  const output = await findOutput(path)
  if (!("file" in output)) {
    throw new OperationError(
      "INVALID_OUTPUT",
      `${path} is a pipe or a device, where a checksum file should be`,
      {
        hint: "name a file",
      },
    )
  }
  if (bundle !== PIPE && resolve(bundle) === resolve(path)) {
    throw new OperationError("INVALID_OUTPUT", `${path} cannot be the bundle and its checksum file`, {
      hint: "give one of them another name",
    })
  }
  return output.file
}

/** The lines of a file that may not be there yet. */
async function readPresent(file: string): Promise<Line[]> {
  return readLines(file).catch((error: Error) => {
    if (hasCode(error.cause, "ENOENT")) return []
    throw error
  })
}

/** Where a file is that `name` stands for, seen from `folder`; the pipe is nowhere. */
function placeOf(path: string, name: string, folder = "."): string {
  return name === PIPE ? `${resolve(path)}/${PIPE}` : resolve(folder, name)
}

async function readLines(path: string): Promise<Line[]> {
  const bytes = await readSmall(path)
  if (!isUtf8(bytes)) throw invalid(path, "it is no text")
  const texts = bytes.toString().replace(/\n$/, "").split("\n")
  return texts.flatMap((text, at) => {
    if (text === "") return []
    const line = parseLine(text.replace(/\r$/, ""))
    if (line === undefined)
      throw invalid(path, `line ${at + 1} is no checksum with the name of a file behind it`)
    return [line]
  })
}

/** Reads a file, or a pipe as the shell makes for `<(…)`. */
async function readSmall(path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_SIZE + 1)
  let length = 0
  try {
    await using file = await open(path)
    for (let read = 1; read > 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length)).bytesRead
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (length > MAX_SIZE) throw invalid(path, `it is larger than ${MAX_SIZE} bytes`)
  return buffer.subarray(0, length)
}

function unreadable(path: string, cause: unknown): OperationError {
  return new OperationError(
    "INVALID_CHECKSUM_FILE",
    `${path} cannot be read as a checksum file: ${reasonOf(cause)}`,
    { cause, hint: "name the file that came with the bundle, as SHA256SUMS" },
  )
}

/** As sha256sum has it: a backslash in front says that the name has escapes; `*` stands for a file that was read as binary. */
function parseLine(text: string): Line | undefined {
  const [, escaped, hex = "", written = ""] = /^(\\?)([0-9a-fA-F]+) [ *](.+)$/.exec(text) ?? []
  const digest = digestOfHex(hex)
  if (digest === undefined) return undefined
  const name = escaped ? written.replace(/\\(.)/g, (_, letter) => ESCAPES[letter] ?? letter) : written
  return { text, digest, name }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r" }

function printLine(hex: string, name: string): string {
  if (!/[\\\n\r]/.test(name)) return `${hex}  ${name}`
  return `\\${hex}  ${name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}`
}

function namesOf(lines: readonly Line[]): string {
  const names = [...new Set(lines.map(({ name }) => quoteUnlessPlain(name)))]
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ""
  return `${names.slice(0, 5).join(", ")}${more}`
}

function invalid(path: string, reason: string): OperationError {
  return new OperationError("INVALID_CHECKSUM_FILE", `${path} is no checksum file: ${reason}`, {
    hint: "each of its lines is a digest in hex, two spaces, and the name of a file, as sha256sum writes them",
  })
}
