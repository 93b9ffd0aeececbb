import { existsSync } from "node:fs"
import { join } from "node:path"
import { WaybillError } from "../errors/waybill-error.ts"
import type { Home } from "../operations/home.ts"
import { DATABASE_FILE, STORE_FOLDER } from "../operations/home-folder.ts"
import { findServer, openEmbedded } from "./environment.ts"
import { homePath } from "./home-path.ts"
import { UsageError } from "./usage-error.ts"

export interface StoreOptions {
  context?: string
  /** Of PostgreSQL, where a server of this machine has it. */
  database?: string
}

/**
 * Opens the home of this machine to look after its content store. That of a server is nobody's but the server's machine's, and
 * a home that is not there is not made: of both, the answer would be that of an empty one. Throws a `UsageError`,
 * `HOME_NOT_FOUND`.
 */
export async function openStoreHome(options: StoreOptions, command: string): Promise<Home> {
  const server = options.database === undefined ? await findServer(options) : undefined
  if (server !== undefined) {
    throw new UsageError("STORE_ELSEWHERE", `the content store of ${server.server} is not on this machine`, {
      hint: `run it on the server's machine, in the server's home: \`waybill store ${command} --context home\`; here, that means this machine's own store`,
    })
  }
  const path = homePath()
  if ([DATABASE_FILE, STORE_FOLDER].some((name) => existsSync(join(path, name)))) {
    return openEmbedded({ database: options.database })
  }
  throw new WaybillError("HOME_NOT_FOUND", `there is no home in ${path}, and so no content store`, {
    hint: "set WAYBILL_HOME to the folder whose store is meant; of a server, that is what it was started with",
  })
}
