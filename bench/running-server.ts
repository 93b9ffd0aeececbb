import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import type { Database } from "../src/database/database.ts"
import { WAYBILL } from "./waybill.ts"

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
}

export interface RunningServer {
  url: string
  /** Of an administrator. */
  token: string
  /** The same database that the server has open. */
  database: Database
  place: Place
  /** Peak resident memory of the server, in bytes. */
  memory(): number
  /** Processor time that the server has used, in seconds. */
  cpu(): number
}

/** Runs `waybill serve` as a user would, and ends it. */
export async function runServer(place: Place, work: (server: RunningServer) => Promise<void>): Promise<void> {
  const child = spawn(WAYBILL, ["serve", "--listen", "127.0.0.1:0"], {
    env: {
      ...process.env,
      WAYBILL_HOME: place.home,
      ...(place.url !== undefined && { WAYBILL_DATABASE: place.url }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const ended = once(child, "exit")
  const printed = firstMatch(child.stdout, /wbt_[\w-]{43}/)
  const listening = firstMatch(child.stderr, /https?:\/\/[\d.]+:\d+/)
  try {
    const [url, token] = [await listening, await printed]
    const database = await place.open()
    try {
      const memory = () => Number(/VmHWM:\s+(\d+) kB/.exec(processFile(child.pid, "status"))?.[1] ?? 0) * 1024
      const cpu = () => {
        // proc(5): the 14th and 15th field, in ticks of 10 ms; the name before them may hold anything but ")".
        const fields = processFile(child.pid, "stat").split(") ")[1]?.split(" ") ?? []
        return (Number(fields[11]) + Number(fields[12])) / 100
      }
      await work({ url, token, database, place, memory, cpu })
    } finally {
      await database.close()
    }
  } finally {
    child.kill("SIGTERM")
    await ended
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
