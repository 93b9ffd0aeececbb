import { execFileSync } from "node:child_process"
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import type { ArchiveEntry } from "../../src/archive/archive-entry.ts"
import { ArchiveError } from "../../src/archive/archive-error.ts"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { ArchiveStream } from "../../src/archive/archive-stream.ts"
import { encodeHeader } from "../../src/archive/header.ts"
import { checksumOf, FIELDS } from "../../src/archive/header-fields.ts"
import { planArchive } from "../../src/archive/planner.ts"

/** A folder that is removed when the tests of the file are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "waybill-archive-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a reader made of an archive: the entries until the end, or until it refused. */
export interface Outcome {
  entries: { entry: ArchiveEntry; data: string }[]
  end?: number
  error?: string
}

export async function readAsFile(path: string): Promise<Outcome> {
  const archive = await ArchiveFile.open(path)
  const outcome: Outcome = { entries: [] }
  try {
    for await (const entry of archive.entries()) {
      const data = await text(archive.read(entry.offset, entry.size))
      outcome.entries.push({ entry: kept(entry), data })
    }
    outcome.end = archive.end.offset
  } catch (error) {
    outcome.error = codeOf(error)
  } finally {
    await archive.close()
  }
  return outcome
}

export async function readAsStream(bytes: Uint8Array, chunkSize = 64 * 1024): Promise<Outcome> {
  const stream = new ArchiveStream(chunked(bytes, chunkSize))
  const outcome: Outcome = { entries: [] }
  try {
    for (;;) {
      const next = await stream.next()
      if (next === undefined) break
      outcome.entries.push({ entry: kept(next.entry), data: await text(next.body) })
    }
    outcome.end = bytes.length - (await stream.rest(bytes.length)) - 1024
  } catch (error) {
    outcome.error = codeOf(error)
  }
  return outcome
}

/** An entry that outlives the next one. */
export function kept(entry: ArchiveEntry): ArchiveEntry {
  return { ...entry, header: Buffer.from(entry.header) }
}

/** Reads the same bytes with both readers. */
export async function readBoth(
  folder: string,
  bytes: Uint8Array,
): Promise<{ file: Outcome; stream: Outcome }> {
  const path = join(folder, "archive.tar")
  writeFileSync(path, bytes)
  return { file: await readAsFile(path), stream: await readAsStream(bytes, 700) }
}

/** Writes an archive whose data is all zero, with holes instead of zeros. */
export function writeSparsely(path: string, files: readonly { name: string; size: number }[]): void {
  const plan = planArchive(files)
  const descriptor = openSync(path, "w")
  for (const { name, size, headerOffset } of plan.files) {
    const header = encodeHeader(name, size)
    writeSync(descriptor, header, 0, header.length, headerOffset)
  }
  ftruncateSync(descriptor, plan.size)
  closeSync(descriptor)
}

/** What GNU tar sees in an archive of files whose names hold no line feed. */
export function listWithTar(path: string): { name: string; size: number }[] {
  const lines = tar(
    "/",
    "--list",
    "--verbose",
    "--absolute-names",
    "--numeric-owner",
    "--quoting-style=literal",
    "--file",
    path,
  )
  return lines
    .toString()
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const match = /^-rw-r--r-- 0\/0 +(\d+) 1970-01-01 \d\d:\d\d (.*)$/s.exec(line)
      if (match?.[2] === undefined) throw new Error(`unexpected line: ${line}`)
      return { name: match[2], size: Number(match[1]) }
    })
}

export async function* chunked(bytes: Uint8Array, chunkSize: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
}

/** An archive as Waybill writes it. */
export function writeArchive(files: readonly { name: string; data: string | Uint8Array }[]): Buffer {
  const contents = files.map(({ data }) => Buffer.from(data))
  const plan = planArchive(files.map(({ name }, at) => ({ name, size: contents[at]?.length ?? 0 })))
  const bytes = Buffer.alloc(plan.size)
  for (const [at, file] of plan.files.entries()) {
    bytes.set(encodeHeader(file.name, file.size), file.headerOffset)
    bytes.set(contents[at] ?? [], file.offset)
  }
  return bytes
}

/** A header block, other than node-tar would write it in the fields that are given, and with the right checksum. */
export function rawHeader(fields: {
  name?: string | Uint8Array
  size?: string | Uint8Array
  typeFlag?: string
  linkName?: string
  magic?: string
  prefix?: string
}): Buffer {
  const block = Buffer.from(encodeHeader("name", 0))
  for (const [key, value] of Object.entries(fields)) {
    const { offset, length } = FIELDS[key as keyof typeof fields]
    block.fill(0, offset, offset + length)
    block.set(Buffer.from(value).subarray(0, length), offset)
  }
  block.write(`${checksumOf(block).unsigned.toString(8).padStart(6, "0")}\0 `, FIELDS.checksum.offset)
  return block
}

export function octal(size: number): string {
  return size.toString(8).padStart(11, "0")
}

/** A header with its data and padding. */
export function rawEntry(fields: Parameters<typeof rawHeader>[0], data: string | Uint8Array = ""): Buffer {
  const bytes = Buffer.from(data)
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
  return Buffer.concat([rawHeader({ size: octal(bytes.length), ...fields }), bytes, padding])
}

export const END = Buffer.alloc(1024)

export function tar(folder: string, ...args: string[]): Buffer {
  return execFileSync("tar", args, {
    cwd: folder,
    maxBuffer: 1 << 30,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  })
}

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString("latin1")
}

function codeOf(error: unknown): string {
  if (error instanceof ArchiveError) return error.code
  throw error
}
