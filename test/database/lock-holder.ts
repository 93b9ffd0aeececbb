import { expect } from "vitest"
import { startWorker, type Worker } from "./worker.ts"

const HOLD_LOCK = new URL("./hold-lock.ts", import.meta.url)

/** Has another process lock a SQLite file, until the test ends or lets it go. */
export async function lockElsewhere(
  path: string,
  begin: "begin immediate" | "begin exclusive" = "begin immediate",
): Promise<{ letGo(): Promise<void> }> {
  const worker = await startWorker(HOLD_LOCK, [path, begin])
  await next(worker, "held")
  return { letGo: () => next(worker, "free") }
}

async function next(worker: Worker, expected: string): Promise<void> {
  worker.begin()
  expect(await worker.lines.next()).toEqual({ done: false, value: expected })
}
