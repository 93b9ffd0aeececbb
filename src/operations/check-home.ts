import { constants, type StatsFs } from "node:fs"
import { access, stat, statfs } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { reasonOf } from "../errors/reason.ts"
import { type Finding, finding, found } from "./finding.ts"
import { DATABASE_FILE, prepareHome } from "./home-folder.ts"
import { OperationError } from "./operation-error.ts"

/** Of free space, in bytes: below these a database or an import soon fails. */
const LITTLE = 1_000_000_000
const NO_SPACE = 50_000_000

/** How far two clocks may be apart, in milliseconds. */
const SKEW = 5 * 60_000

/** Before the first Waybill, in milliseconds since 1970: a clock that was never set. */
const TOO_EARLY = Date.UTC(2026, 0, 1)

export interface CheckHomeOptions {
  /** `postgres://…` of the database that keeps the fleets. Default: the SQLite file of the home. */
  database?: string | undefined
  /** See `HomeOptions`. */
  lockTimeout?: number | undefined
  now: Date
}

export interface HomeCheck {
  findings: Finding[]
  /** Whether it can be opened as it is: it is there, nothing has to be made or migrated, and nothing is in the way. */
  isReady: boolean
}

/**
 * Looks at a home: its folder, its disk, its database and the clock. It makes and migrates nothing; a folder that is open
 * to others is closed, as every command does.
 */
export async function checkHome(path: string, options: CheckHomeOptions): Promise<HomeCheck> {
  const folder = await existing(resolve(path))
  let isUpToDate: boolean | undefined
  const database = async () => {
    isUpToDate = await checkDatabase(path, options)
    return [ofDatabase(options.database === undefined ? join(path, DATABASE_FILE) : "PostgreSQL", isUpToDate)]
  }
  const findings = [
    ...(await found("home", "problem", () => checkFolder(path, folder))),
    ...(await found("disk", "warning", () => checkDisk(folder))),
    ...(await found("database", "problem", database)),
    ...(await checkClock(path, options.now)),
  ]
  const isReady = isUpToDate === true && findings.every(({ status }) => status !== "problem")
  return { findings, isReady }
}

/** The folder, or the nearest above it that is there. */
async function existing(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  return isThere || dirname(path) === path ? path : existing(dirname(path))
}

async function checkFolder(path: string, folder: string): Promise<Finding[]> {
  const notices: string[] = []
  const isThere = folder === resolve(path)
  if (isThere) await prepareHome(path, (text) => notices.push(text))
  await access(folder, constants.W_OK | constants.X_OK).catch((cause) => {
    throw new OperationError("INVALID_HOME", `${folder} may not be written: ${reasonOf(cause)}`, {
      hint: "run the command as the user that the folder belongs to, or set WAYBILL_HOME to another folder",
      cause,
    })
  })
  if (!isThere) return [finding("home", "ok", `${path}: not there yet, and made when it is needed`)]
  if (notices.length === 0) return [finding("home", "ok", path)]
  return notices.map((text) => finding("home", "warning", text))
}

async function checkDisk(folder: string): Promise<Finding[]> {
  return [ofDisk(await statfs(folder), folder)]
}

/** What the numbers of a file system say (statvfs(3)). */
export function ofDisk(
  { bavail, bsize, blocks, files, ffree }: Pick<StatsFs, "bavail" | "bsize" | "blocks" | "files" | "ffree">,
  folder: string,
): Finding {
  const free = bavail * bsize
  const code = "NO_SPACE"
  const hint = "free some space on that disk"
  // Some file systems count no files.
  if (files > 0 && ffree === 0) {
    const message = `no more files can be made where ${folder} lies`
    return { ...finding("disk", "problem", message, hint), code }
  }
  const status = free < NO_SPACE ? "problem" : free < LITTLE ? "warning" : "ok"
  const message = `${gigabytes(free)} of ${gigabytes(blocks * bsize)} free where ${folder} lies`
  return status === "ok"
    ? finding("disk", status, message)
    : { ...finding("disk", status, message, hint), code }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`
}

/** Whether the database is up to date; `undefined` where there is none yet. */
async function checkDatabase(
  path: string,
  { database, lockTimeout }: CheckHomeOptions,
): Promise<boolean | undefined> {
  if (database !== undefined) {
    const { checkPostgres } = await import("../database/open-postgres.ts")
    return checkPostgres(database)
  }
  const file = join(path, DATABASE_FILE)
  const isThere = await stat(file).then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  const { checkSqlite } = await import("../database/check-sqlite.ts")
  return checkSqlite(file, { timeout: lockTimeout })
}

function ofDatabase(name: string, isUpToDate: boolean | undefined): Finding {
  if (isUpToDate === undefined)
    return finding("database", "ok", `${name}: not there yet, and made when it is needed`)
  const next = isUpToDate ? "" : "; the next command brings its tables up to date"
  return finding("database", "ok", `${name} is whole${next}`)
}

/** A clock that is behind makes releases and history out of order, and certificates and tokens invalid. */
async function checkClock(path: string, now: Date): Promise<Finding[]> {
  const hint = "set the clock, with timedatectl for one"
  const says = `the clock says ${now.toISOString()}`
  if (now.getTime() < TOO_EARLY) return [finding("clock", "problem", `${says}: it was never set`, hint)]
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`, "contexts.json"]) {
    const file = join(path, name)
    const written = await stat(file).catch(() => undefined)
    if (written === undefined || written.mtimeMs <= now.getTime() + SKEW) continue
    return [finding("clock", "warning", `${says}, and ${file} was written later than that`, hint)]
  }
  return [finding("clock", "ok", says)]
}

/** Compares this machine's clock with that of a server. */
export function compareClocks(now: Date, other: Date, name: string): Finding {
  const seconds = Math.round((now.getTime() - other.getTime()) / 1000)
  if (Math.abs(seconds) * 1000 <= SKEW) return finding("clock", "ok", `it is that of ${name}`)
  const side = seconds > 0 ? "ahead of" : "behind"
  return finding(
    "clock",
    "warning",
    `the clock is ${Math.abs(seconds)} seconds ${side} that of ${name}`,
    "set whichever is wrong, with timedatectl for one",
  )
}
