import { closing } from "../closing.ts"
import { openEmbedded } from "../environment.ts"
import { printBytes } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { parseTime } from "../time.ts"

interface Options extends CommonOptions {
  dryRun?: boolean
  grace: string
  database?: string
}

export async function storeGc(options: Options, signal: AbortSignal): Promise<void> {
  const grace = parseTime(options.grace, "--grace")
  const { collectStoreGarbage } = await import("../../operations/maintain-store.ts")
  await closing(await openEmbedded({ database: options.database }), async (home) => {
    const { dryRun = false } = options
    const { removed, uploads, kept, damaged } = await collectStoreGarbage(home, { grace, dryRun, signal })
    const bytes = [...removed, ...uploads].reduce((sum, { size }) => sum + size, 0)
    const text =
      `${dryRun ? "would free" : "freed"} ${printBytes(bytes)}: ${counted(removed.length, "blob")}` +
      `${uploads.length > 0 ? ` and ${counted(uploads.length, "upload")} that nobody goes on with` : ""}\n` +
      `${kept.count > 0 ? `kept ${printBytes(kept.size)} that nothing needs yet: pushed less than ${options.grace} ago (--grace)\n` : ""}`
    for (const { name, problem } of damaged) {
      warn(`${name} is damaged, and what is there of it stays: ${problem}`)
    }
    printResult(options, { dryRun, bytes, removed, uploads, kept, damaged }, text)
  })
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`
}
