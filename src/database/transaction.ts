import type { Kysely, Transaction } from "kysely"
import type { Schema } from "./schema.ts"

/** Thrown in a transaction that has locked what is not what it must lock any more. */
export class StaleRead extends Error {}

/**
 * Does the work in one transaction: whole or not at all. Locks are taken in one order everywhere, or two could wait
 * for each other: fleets in order of id, then devices. What must be read to know which fleet to lock may have changed
 * until it is locked: the work then throws `StaleRead`, and begins again.
 */
export async function inTransaction<Result>(
  db: Kysely<Schema>,
  signal: AbortSignal | undefined,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!(error instanceof StaleRead)) throw error
    }
  }
}
