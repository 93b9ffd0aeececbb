import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"

export interface Measurement {
  seconds: number
  /** Peak resident memory of the process, in bytes. */
  memory: number
  /** Most that lay on the disk in the watched folders beyond what lay there at the end, in bytes. */
  diskBeside: number
}

const SAMPLE_MS = 10
/** The disk is looked at once in so many samples: walking folders takes time from what is measured. */
const DISK_EVERY = 20

/**
 * Runs a command to its end, from a disk that has nothing left to write of what came before: Waybill waits for its
 * file to be on the disk, its peers do not. Throws with what it printed when it fails.
 */
export async function measure(
  command: readonly string[],
  options: { env?: Record<string, string>; watched?: readonly string[] } = {},
): Promise<Measurement> {
  const [file = "", ...words] = command
  spawnSync("sync")
  const started = performance.now()
  const child = spawn(file, words, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const output: Buffer[] = []
  child.stdout.on("data", (chunk) => output.push(chunk))
  child.stderr.on("data", (chunk) => output.push(chunk))
  let memory = 0
  let peakDisk = 0
  let looking: Promise<void> | undefined
  let samples = 0
  const look = async (folders: readonly string[]) => {
    peakDisk = Math.max(peakDisk, await diskUse(folders))
    looking = undefined
  }
  const timer = setInterval(() => {
    memory = Math.max(memory, peakMemory(child))
    if (options.watched && samples++ % DISK_EVERY === 0) looking ??= look(options.watched)
  }, SAMPLE_MS)
  const [code] = await once(child, "close")
  const seconds = (performance.now() - started) / 1000
  clearInterval(timer)
  await looking
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${Buffer.concat(output)}`)
  const diskBeside = options.watched ? Math.max(0, peakDisk - (await diskUse(options.watched))) : 0
  return { seconds, memory, diskBeside }
}

export function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The kernel keeps the peak itself (proc(5), VmHWM), so the last look before the end is all but exact. */
function peakMemory(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8")
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

async function diskUse(folders: readonly string[]): Promise<number> {
  let bytes = 0
  for (const folder of folders) {
    for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
      const found = await stat(join(folder, name)).catch(() => undefined)
      if (found?.isFile()) bytes += found.size
    }
  }
  return bytes
}
