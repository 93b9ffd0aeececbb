import { closing } from "../closing.ts"
import { plural, printBytes } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { openStoreHome, type StoreOptions } from "../store-home.ts"
import { parseTime } from "../time.ts"

interface Options extends CommonOptions, StoreOptions {
  dryRun?: boolean
  grace: string
}

export async function storeGc(options: Options, signal: AbortSignal): Promise<void> {
  const grace = parseTime(options.grace, "--grace")
  const { collectStoreGarbage } = await import("../../operations/maintain-store.ts")
  await closing(await openStoreHome(options, "gc"), async (home) => {
    const { dryRun = false } = options
    const { removed, uploads, kept, damaged } = await collectStoreGarbage(home, { grace, dryRun, signal })
    const bytes = [...removed, ...uploads].reduce((sum, { size }) => sum + size, 0)
    const text =
      `${dryRun ? "would free" : "freed"} ${printBytes(bytes)}: ${plural(removed.length, "blob", "blobs")}` +
      `${uploads.length > 0 ? ` and ${plural(uploads.length, "upload", "uploads")} that nobody goes on with` : ""}\n` +
      `${kept.count > 0 ? `kept ${printBytes(kept.size)} that nothing needs yet: pushed less than ${options.grace} ago (--grace)\n` : ""}`
    for (const { name, problem } of damaged) {
      warn(`${name} is damaged, and what is there of it stays: ${problem}`)
    }
    printResult(options, { dryRun, bytes, removed, uploads, kept, damaged }, text)
  })
}
