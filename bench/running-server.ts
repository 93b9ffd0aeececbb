import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { createInterface } from "node:readline"
import type { Database } from "../src/database/database.ts"
import type { Measurement } from "./measure.ts"
import { WAYBILL } from "./waybill.ts"

const LISTENING = /https?:\/\/[\d.]+:\d+/

/** Where a server keeps its fleets. */
export interface Place {
  /** Of which kind the database is, for people. */
  kind: string
  home: string
  /** The URL of a PostgreSQL database. Default: SQLite in the home. */
  url?: string
  open(): Promise<Database>
  /** Registers devices of the only fleet without the time that 100,000 transactions take. */
  insertDevices(devices: readonly { uuid: string; keyHash: string }[]): Promise<void>
  /** Runs a statement as it is. */
  execute(sql: string): Promise<void>
}

export interface Server {
  url: string
  /** Of an administrator. */
  token: string
  /** Peak resident memory of the server since it started, or since that was last forgotten, in bytes. */
  memory(): number
  forgetMemory(): void
  /** Processor time that the server has used, in seconds. */
  cpu(): number
  stop(): Promise<void>
}

export interface RunningServer extends Server {
  /** The same database that the server has open. */
  database: Database
  place: Place
}

/** Runs `waybill serve` as a user would, and ends it. */
export async function runServer(place: Place, work: (server: RunningServer) => Promise<void>): Promise<void> {
  const server = await startServer({
    WAYBILL_HOME: place.home,
    ...(place.url !== undefined && { WAYBILL_DATABASE: place.url }),
  })
  try {
    const database = await place.open()
    try {
      await work({ ...server, database, place })
    } finally {
      await database.close()
    }
  } finally {
    await server.stop()
  }
}

/** Starts `waybill serve` on a home that no server has had yet. */
export async function startServer(env: Readonly<Record<string, string>>): Promise<Server> {
  const { child, stop, memory } = start(["serve"], env)
  const printed = firstMatch(child.stdout, /wbt_[\w-]{43}/)
  const listening = firstMatch(child.stderr, LISTENING)
  try {
    const [url, token] = await Promise.all([listening, printed])
    return {
      url,
      token,
      memory,
      // proc(5), clear_refs: 5 sets the peak to what is resident now.
      forgetMemory: () => writeFileSync(`/proc/${child.pid}/clear_refs`, "5"),
      cpu() {
        // proc(5): the 14th and 15th field, in ticks of 10 ms; the name before them may hold anything but ")".
        const fields = processFile(child.pid, "stat").split(") ")[1]?.split(" ") ?? []
        return (Number(fields[11]) + Number(fields[12])) / 100
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Runs `waybill release serve` until it listens. */
export async function measureBundleServer(bundle: string): Promise<Measurement> {
  const started = performance.now()
  const { child, stop, memory } = start(["release", "serve", bundle], {})
  child.stdout.resume()
  try {
    await firstMatch(child.stderr, LISTENING)
    return { seconds: (performance.now() - started) / 1000, memory: memory(), diskBeside: 0 }
  } finally {
    await stop()
  }
}

function start(words: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(WAYBILL, [...words, "--listen", "127.0.0.1:0"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const ended = once(child, "exit")
  return {
    child,
    memory: () => Number(/VmHWM:\s+(\d+) kB/.exec(processFile(child.pid, "status"))?.[1] ?? 0) * 1024,
    async stop() {
      child.kill("SIGTERM")
      await ended
    },
  }
}

function processFile(pid: number | undefined, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, "utf8")
}

/** Reads a stream to its end, and gives the first match of its lines. */
async function firstMatch(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream })
    const seen: string[] = []
    lines.on("line", (line) => {
      const found = pattern.exec(line)
      if (found) resolve(found[0])
      else if (seen.length < 100) seen.push(line)
    })
    lines.on("close", () => reject(new Error(`the server ended:\n${seen.join("\n")}`)))
  })
}
