import { readFile, stat } from "node:fs/promises"

/** Processes by their ids. */
interface Holders {
  certain: number[]
  /**
   * What they lock has the number of the file, on another device as far as can be seen: some file systems give a file another
   * device than the kernel lists locks by, and small numbers of files come again on each.
   */
  possible: number[]
}

/** What a lock is told of by: as in stat(2). */
interface LockedFile {
  dev: bigint
  ino: bigint
}

/**
 * Finds who holds a lock on a file, or on the one beside it in which SQLite locks a database with a write-ahead log. Linux
 * tells (proc_locks(5)); of a process in another container it tells no id.
 */
export async function findHolders(path: string): Promise<Holders> {
  try {
    const files: LockedFile[] = []
    for (const name of [path, `${path}-shm`]) {
      const found = await stat(name, { bigint: true }).catch(() => undefined)
      if (found !== undefined) files.push(found)
    }
    return holdersIn(await readFile("/proc/locks", "utf8"), files)
  } catch {
    return { certain: [], possible: [] }
  }
}

/** Reads `/proc/locks`. */
export function holdersIn(locks: string, files: readonly LockedFile[]): Holders {
  const certain = new Set<number>()
  const possible = new Set<number>()
  for (const line of locks.split("\n")) {
    const [, type, mode, id, device = "", inode = ""] =
      /^\d+: (\S+) +\S+ +(\S+) +(-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /.exec(line) ?? []
    const pid = Number(id)
    if (type !== "POSIX" || mode !== "WRITE" || !(pid > 0) || pid === process.pid) continue
    for (const { dev, ino } of files) {
      if (String(ino) !== inode) continue
      if (printDevice(dev) === device) certain.add(pid)
      else possible.add(pid)
    }
  }
  return { certain: [...certain], possible: [...possible].filter((pid) => !certain.has(pid)) }
}

/** In words, for people. */
export function describeHolders({ certain, possible }: Holders): string {
  if (certain.length > 0) return `process ${certain.join(" and ")}`
  if (possible.length > 0) return `another process, perhaps ${possible.join(" or ")}`
  return "another process"
}

/** Major and minor number of a device in hex, as in `/proc/locks`; how they lie in one number, makedev(3) says. */
function printDevice(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
  return [major, minor].map((number) => number.toString(16).padStart(2, "0")).join(":")
}
