import { openEmbedded } from "../environment.ts"
import { printBytes } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  dryRun?: boolean
  grace: string
  database?: string
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export async function storeGc(options: Options, signal: AbortSignal): Promise<void> {
  const grace = parseTime(options.grace)
  const { collectStoreGarbage } = await import("../../operations/maintain-store.ts")
  const home = await openEmbedded({ database: options.database })
  try {
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
  } finally {
    await home.close()
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`
}

/** In milliseconds. */
function parseTime(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor !== undefined) return Number(count) * factor
  throw new UsageError("USAGE", `"${text.slice(0, 40)}" is not a time`, {
    hint: "write it as 30s, 10m, 2h or 1d",
  })
}
