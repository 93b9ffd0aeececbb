import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import pg from "pg"
import type { Database } from "../../src/database/database.ts"
import { openPostgres } from "../../src/database/open-postgres.ts"

/** Where Debian keeps the programs of the server; the folder alone may be there for its client. */
const INITDB = "/usr/lib/postgresql/*/bin/initdb"

/** A role that needs its password, which all others do not. */
export const GUARDED = "guarded"

/**
 * Empties all tables, and has their ids begin anew. Truncating them would give each of them and of their indexes a new
 * file, which takes longer than most tests; the rows are few, and without its triggers a table needs no order.
 */
const EMPTY = `
  set session_replication_role = replica;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
      execute 'delete from ' || quote_ident(name);
    end loop;
    perform setval(sequencename::regclass, start_value, false) from pg_sequences where schemaname = 'public';
  end $$`

export interface RunningPostgres {
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>
  /** A database that has all tables and nothing in them. Closing it leaves it open for the next, for which it is emptied. */
  openEmpty(): Promise<Database>
  /** Ends the server without letting anything finish, and starts it again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** A PostgreSQL server of its own on a free port of loopback. It never runs as root, which it refuses. */
export async function startPostgres(): Promise<RunningPostgres> {
  const programs = findPrograms()
  const folder = await mkdtemp(join(tmpdir(), "waybill-postgres-"))
  const data = join(folder, "data")
  const owner = await giveAway(folder)
  const port = await freePort()
  const initialized = spawnSync(
    ...asOwner(owner, [join(programs, "initdb"), "-D", data, "-U", "waybill", "-A", "trust", "--no-sync"]),
  )
  if (initialized.status !== 0) throw new Error(`initdb failed:\n${initialized.stderr}`)
  const access = join(data, "pg_hba.conf")
  await writeFile(access, `host all ${GUARDED} all scram-sha-256\n${await readFile(access, "utf8")}`)
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    max_connections: 200,
    // The machine under the tests does not lose its power; that the server does not wait for a disk tests nothing less.
    fsync: "off",
    full_page_writes: "off",
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const url = (database: string) => `postgres://waybill@127.0.0.1:${port}/${database}`

  let server: ChildProcess
  const start = async () => {
    // Not through a shell or a switcher of users: the process that is ended must be the server itself.
    server = spawn(join(programs, "postgres"), ["-D", data, ...options], { stdio: "ignore", ...owner })
    await untilReady(url("postgres"), server)
  }
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(server, "exit")
    server.kill(signal)
    await ended
  }
  await start()
  let count = 0
  const query = async (database: string, text: string) => {
    const client = new pg.Client(url(database))
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }
  const createDatabase = async () => {
    const name = `waybill_${++count}`
    await query("postgres", `create database ${name}`)
    return name
  }
  await query("postgres", `create role ${GUARDED} login password 'of its own'`)
  const free: Emptied[] = []
  const closeFree = () => Promise.all(free.splice(0).map((each) => each.end()))
  return {
    createDatabase: async () => url(await createDatabase()),
    async openEmpty() {
      const used = free.pop() ?? (await openDatabase(url(await createDatabase())))
      await used.administrator.query(EMPTY)
      used.database.close = async () => void free.push(used)
      return used.database
    },
    async restart() {
      await closeFree()
      await end("SIGQUIT")
      await start()
    },
    async stop() {
      await closeFree()
      await end("SIGQUIT")
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A database whose connections stay, with what they have prepared. */
interface Emptied {
  database: Database
  administrator: pg.Client
  end(): Promise<void>
}

async function openDatabase(url: string): Promise<Emptied> {
  const administrator = new pg.Client(url)
  await administrator.connect()
  const database = await openPostgres(url)
  const close = database.close.bind(database)
  const end = async () => {
    await close()
    await administrator.end()
  }
  return { database, administrator, end }
}

function findPrograms(): string {
  const newest = globSync(INITDB)
    .toSorted(new Intl.Collator("en", { numeric: true }).compare)
    .at(-1)
  if (newest === undefined) throw new Error("PostgreSQL is not installed: apt-get install postgresql")
  return dirname(newest)
}

type Owner = { uid: number; gid: number } | Record<string, never>

async function giveAway(folder: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return {}
  const number = (flag: string) => Number(spawnSync("id", [flag, "postgres"]).stdout.toString())
  const owner = { uid: number("-u"), gid: number("-g") }
  await chmod(folder, 0o755)
  await chown(folder, owner.uid, owner.gid)
  return owner
}

function asOwner(owner: Owner, [command = "", ...words]: string[]) {
  return [command, words, { ...owner, encoding: "utf8" }] as const
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

/** A server that starts gives no sign but its answers. */
async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    const client = new pg.Client(url)
    client.on("error", () => undefined)
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (server.exitCode !== null) throw new Error("PostgreSQL ended while it started", { cause: error })
      await sleep(50)
    }
  }
}
