/**
 * Loaded before a program, in each of its threads: names and counts the moments of its work at which a kill could matter.
 *   WAYBILL_TEST_MOMENTS=FILE  notes each moment there, one a line: what is done, and for the how many-th time
 *   WAYBILL_TEST_KILL=MOMENT   ends the process at that moment, as `kill -9` does
 * Operations on files and changes in SQLite are killed before they begin, writes to files when half of their bytes are
 * there, and what goes to the network then too, and once it is sent, when an answer would be the next.
 */
import fs from "node:fs"
import files, { type FileHandle } from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import net from "node:net"
import { DatabaseSync, StatementSync } from "node:sqlite"
import { isMainThread } from "node:worker_threads"

type Call = (this: unknown, ...args: never[]) => unknown
type Calls = Record<string, Call>
type Bytes = string | Uint8Array

const { appendFileSync } = fs
const { WAYBILL_TEST_MOMENTS: notes, WAYBILL_TEST_KILL: last } = process.env
const counts = new Map<string, number>()

/** Whether the process ends at this moment. */
function isLast(what: string): boolean {
  const name = isMainThread ? what : `in a thread ${what}`
  const count = (counts.get(name) ?? 0) + 1
  counts.set(name, count)
  const moment = `${name} ${count}`
  if (notes !== undefined) withoutNote(() => appendFileSync(notes, `${moment}\n`))
  return moment === last
}

let noting = false
function withoutNote(work: () => void): void {
  noting = true
  work()
  noting = false
}

function end(): never {
  process.kill(process.pid, "SIGKILL")
  // Nothing more happens here, also if the signal takes a moment.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

/** Puts `around` in the place of a method, and gives it the method. */
function replace(of: object, name: string, around: (original: Call) => Call): void {
  const calls = of as Calls
  const original = calls[name]
  if (original === undefined) throw new Error(`Node has no ${name} any more`)
  calls[name] = around(original)
}

function before(
  of: object,
  names: readonly string[],
  matters: (...args: never[]) => boolean = () => true,
): void {
  for (const name of names) {
    const what = `before ${name.replace(/Sync$/, "")}`
    replace(
      of,
      name,
      (original) =>
        function (...args) {
          if (!noting && matters(...args) && isLast(what)) end()
          return original.apply(this, args)
        },
    )
  }
}

const PATHS = [
  "rename",
  "unlink",
  "rm",
  "rmdir",
  "link",
  "symlink",
  "mkdir",
  "copyFile",
  "truncate",
  "writeFile",
]
before(files, PATHS)
before(fs, PATHS)
before(
  fs,
  [...PATHS, "fsync", "fdatasync", "ftruncate"].map((name) => `${name}Sync`),
)
before(fs, ["fsync", "fdatasync", "ftruncate"])

/** Opening is part of the work where it may make a file. */
function makes(_path: unknown, flags: unknown): boolean {
  return typeof flags === "number" ? (flags & fs.constants.O_CREAT) !== 0 : /^[wa]/.test(String(flags ?? "r"))
}
before(files, ["open"], makes)
before(fs, ["open", "openSync"], makes)

const handle = await files.open(process.execPath)
const handles: FileHandle = Object.getPrototypeOf(handle)
await handle.close()
before(handles, ["sync", "datasync", "truncate", "writeFile", "appendFile"])
for (const [of, name] of [
  [fs, "writeSync"],
  [fs, "write"],
  [handles, "write"],
] as const) {
  replace(
    of,
    name,
    (original) =>
      function (...args) {
        if (!noting && isLast("half of write")) {
          const [fd, bytes, ...rest] = (of === fs ? args : [(this as FileHandle).fd, ...args]) as unknown as [
            number,
            Bytes,
            ...unknown[],
          ]
          writeHalf(fd, bytes, rest)
          end()
        }
        return original.apply(this, args)
      },
  )
}

/** `rest` is as of `fs.write`: offset, length and position in the file. */
function writeHalf(fd: number, bytes: Bytes, rest: unknown[]): void {
  const whole = Buffer.from(bytes as Uint8Array)
  const [offset, length, position] = rest.map((value) => (typeof value === "number" ? value : undefined))
  const start = typeof bytes === "string" ? 0 : (offset ?? 0)
  const count = typeof bytes === "string" ? whole.length : (length ?? whole.length - start)
  withoutNote(() => fs.writeSync(fd, whole, start, Math.floor(count / 2), position ?? null))
}

/** What a statement changes, as "commit" or "insert into releases"; nothing of one that reads. */
function changeOf(sql: string): string | undefined {
  const [, word, table = ""] =
    /^\s*(begin|commit|rollback|create|insert(?: or \w+)? into|update|delete from)\b\s*("?\w+"?)?/i.exec(
      sql,
    ) ?? []
  if (word === undefined) return undefined
  const name = /into|update|from/i.test(word) ? ` ${table.replaceAll('"', "")}` : ""
  return `before ${word.toLowerCase()}${name}`
}

function beforeChange(
  of: object,
  names: readonly string[],
  sqlOf: (self: never, ...args: never[]) => string,
): void {
  for (const name of names) {
    replace(
      of,
      name,
      (original) =>
        function (...args) {
          const change = changeOf(sqlOf(this as never, ...args))
          if (change !== undefined && isLast(change)) end()
          return original.apply(this, args)
        },
    )
  }
}

beforeChange(DatabaseSync.prototype, ["exec"], (_self, sql: string) => sql)
beforeChange(
  StatementSync.prototype,
  ["run", "get", "all", "iterate"],
  ({ sourceSQL }: StatementSync) => sourceSQL,
)

/** What goes to a socket: the head of a request or answer, or what follows it. */
function partOf(bytes: Buffer): string {
  const head = bytes.subarray(0, 32).toString("latin1")
  return /^[A-Z]+(?= \/)/.exec(head)?.[0] ?? (/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] || "body")
}

type Chunk = { chunk: Bytes; encoding: BufferEncoding }
// Below both ways to write, of one chunk and of several.
replace(
  net.Socket.prototype,
  "_writeGeneric",
  (original) =>
    function (...args) {
      const socket = this as net.Socket & { _isStdio?: boolean }
      const [isMany, data, encoding, done] = args as unknown as [
        boolean,
        Bytes | Chunk[],
        BufferEncoding,
        () => void,
      ]
      if (socket._isStdio) return original.apply(this, args)
      const chunks = isMany ? (data as Chunk[]) : [{ chunk: data as Bytes, encoding }]
      const bytes = Buffer.concat(chunks.map((each) => Buffer.from(each.chunk as string, each.encoding)))
      const part = partOf(bytes)
      const send = original as (
        this: unknown,
        isMany: boolean,
        data: Buffer,
        encoding: string,
        done: () => void,
      ) => void
      if (isLast(`half of ${part}`))
        return send.call(this, false, bytes.subarray(0, bytes.length / 2), "buffer", end)
      if (isLast(`after ${part}`)) return send.call(this, false, bytes, "buffer", end)
      return send.call(this, isMany, data as Buffer, encoding, done)
    },
)

syncBuiltinESMExports()
