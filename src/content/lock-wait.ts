import { readFile, stat } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { ContentError } from "./content-error.ts"
import type { OperationOptions } from "./interfaces.ts"

/** How long to wait for a lock that another process holds, and who is told of it. */
export interface LockPatience {
  /** In milliseconds; then `CANNOT_LOCK`. Default 10 seconds. */
  lockTimeout?: number | undefined
  /** Hears once, in words, what is waited for, when that takes longer than a second. */
  onLockWait?: ((message: string) => void) | undefined
}

const DEFAULT_TIMEOUT = 10_000
/** Between two tries, in milliseconds: doubled from the first to the last, so that whoever lets others in for a moment is met. */
const FIRST_PAUSE = 1
const LAST_PAUSE = 10
/** What takes no longer is not worth a word. */
const QUIET = 1000
/** A timer that is to take longer fires at once. */
const LONGEST = 2 ** 31 - 1

/**
 * Tries until `attempt` gives something, without holding up the event loop. Throws `CANNOT_LOCK` when the time is over,
 * naming `path` and, where the system tells, the process that holds it.
 */
export async function waitForLock<Result extends object>(
  path: string,
  { lockTimeout = DEFAULT_TIMEOUT, onLockWait, signal }: LockPatience & OperationOptions,
  attempt: () => Result | undefined,
): Promise<Result> {
  signal?.throwIfAborted()
  const first = attempt()
  if (first !== undefined) return first
  const end = AbortSignal.timeout(Math.min(lockTimeout, LONGEST))
  const notice = AbortSignal.timeout(QUIET)
  let isSaid = false
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LAST_PAUSE)) {
    if (lockTimeout === 0 || end.aborted) throw await timedOut(path, lockTimeout)
    if (!isSaid && notice.aborted) {
      isSaid = true
      onLockWait?.(`waiting for ${await describeHolders(path)}, which works in ${path}`)
    }
    await setTimeout(pause)
    signal?.throwIfAborted()
    const result = attempt()
    if (result !== undefined) return result
  }
}

async function timedOut(path: string, timeout: number): Promise<ContentError> {
  return new ContentError(
    "CANNOT_LOCK",
    `${path} has been in use by ${await describeHolders(path)} for ${timeout / 1000} seconds`,
    { hint: "wait until that is done, or end it if it hangs, then run the same command again" },
  )
}

/** In words, for people. */
async function describeHolders(path: string): Promise<string> {
  const holders = await findHolders(path)
  if (holders.length === 0) return "another process"
  return `process ${holders.join(" and ")}`
}

/**
 * The ids of the processes that hold a lock on a file, or on the one beside it in which SQLite locks a database with a
 * write-ahead log. Linux tells (proc_locks(5)); of a process in another container it tells no id.
 */
async function findHolders(path: string): Promise<number[]> {
  try {
    const inodes = new Set<string>()
    for (const name of [path, `${path}-shm`]) {
      const found = await stat(name, { bigint: true }).catch(() => undefined)
      if (found !== undefined) inodes.add(String(found.ino))
    }
    const holders = new Set<number>()
    for (const line of (await readFile("/proc/locks", "utf8")).split("\n")) {
      const [, type, mode, pid, inode] =
        /^\d+: (\S+) +\S+ +(\S+) +(-?\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line) ?? []
      if (type !== "POSIX" || mode !== "WRITE" || !inodes.has(inode ?? "")) continue
      if (Number(pid) > 0 && Number(pid) !== process.pid) holders.add(Number(pid))
    }
    return [...holders]
  } catch {
    return []
  }
}
