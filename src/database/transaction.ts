import type { Kysely, KyselyPlugin, Transaction } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { PreviewOptions } from "../fleet/fleet-store.ts"
import type { Schema } from "./schema.ts"

/** Times that one transaction gives way to others before it is given up. */
const MAX_CONFLICTS = 10

/** SQLSTATE of a transaction that was undone because two stood in each other's way: doing it again helps. */
const CONFLICTS = ["40001", "40P01"]

/** Thrown in a transaction that has locked what is not what it must lock any more. */
export class StaleRead extends Error {}

/**
 * Does the work in one transaction: whole or not at all. Locks are taken in one order everywhere, or two could wait
 * for each other: fleets in order of id, then devices. What must be read to know which fleet to lock may have changed
 * until it is locked: the work then throws `StaleRead`, and begins again; so it does where the database has undone it
 * for another's sake. Once `signal` is aborted nobody waits: a query that itself waits, as for a lock, may go on for a
 * while, and what it did is undone when it ends. Only a commit that has begun by then is not called back.
 */
export async function inTransaction<Result>(
  db: Kysely<Schema>,
  signal: AbortSignal | undefined,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let conflicts = 0; ; ) {
    signal?.throwIfAborted()
    try {
      return await transact(db, signal, work)
    } catch (error) {
      if (error instanceof StaleRead) continue
      if (!isConflict(error) || ++conflicts > MAX_CONFLICTS) throw error
    }
  }
}

/** Ends a transaction that is not to be kept. */
class PreviewEnd extends Error {}

/** The same for a change, of which a preview is undone when it has found out what it would do. */
export async function inChange<Result>(
  db: Kysely<Schema>,
  { signal, preview = false }: OperationOptions & PreviewOptions,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  if (!preview) return inTransaction(db, signal, work)
  const results: Result[] = []
  try {
    await inTransaction(db, signal, async (trx) => {
      results.push(await work(trx))
      throw new PreviewEnd()
    })
  } catch (error) {
    if (!(error instanceof PreviewEnd)) throw error
  }
  return results.at(-1) as Result
}

async function transact<Result>(
  db: Kysely<Schema>,
  signal: AbortSignal | undefined,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return db.transaction().execute(work)
  const done = db.transaction().execute(async (trx) => {
    const result = await work(trx.withPlugin(untilAborted(signal)))
    signal.throwIfAborted()
    return result
  })
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  try {
    return await Promise.race([done, aborted])
  } finally {
    signal.removeEventListener("abort", abort)
  }
}

/** Lets no query begin after an abort. */
function untilAborted(signal: AbortSignal): KyselyPlugin {
  return {
    transformQuery({ node }) {
      signal.throwIfAborted()
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && CONFLICTS.includes(String(error.code))
}
