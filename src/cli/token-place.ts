import type { Context } from "../operations/context.ts"
import { closing } from "./closing.ts"
import { openEmbedded, withContext } from "./environment.ts"
import { interruption } from "./interruption.ts"

export interface PlaceOptions {
  context?: string
  /** Of PostgreSQL: for whoever runs a server, and has lost the token of its administrator. */
  database?: string
}

/** Works on tokens in a context, or in a database itself. */
export async function withPlace(
  options: PlaceOptions,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  if (options.database === undefined) return withContext(options, work)
  await closing(await openEmbedded({ database: options.database, signal: interruption.signal }), work)
}
