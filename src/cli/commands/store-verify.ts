import { closing } from "../closing.ts"
import { plural, printBytes, styled } from "../format.ts"
import type { ProgressOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { showProgress } from "../progress.ts"
import { openStoreHome, type StoreOptions } from "../store-home.ts"

type Options = ProgressOptions & StoreOptions

/** Names that are shown of those that need damaged content. */
const NAMES = 5

export async function storeVerify(options: Options, signal: AbortSignal): Promise<void> {
  const { verifyStore } = await import("../../operations/maintain-store.ts")
  await closing(await openStoreHome(options, "verify"), async (home) => {
    const progress = showProgress("verifying", options)
    const { onTransfer } = progress
    const report = await verifyStore(home, { signal, onTransfer }).finally(progress.stop)
    const { count, size, damaged } = report
    const lines = damaged.map(({ digest, problem, neededBy }) => {
      const names = neededBy.slice(0, NAMES).join(", ") || "nothing"
      const more = neededBy.length > NAMES ? ` and ${neededBy.length - NAMES} more` : ""
      return `damaged: ${digest} ${problem}; needed by ${names}${more}\n`
    })
    const whole = `${styled("green", "verified")} ${plural(count, "blob", "blobs")} of ${printBytes(size)}, every byte checked\n`
    printResult(options, report, damaged.length === 0 ? whole : lines.join(""))
    if (damaged.length === 0) return
    const { LayoutError } = await import("../../layout/layout-error.ts")
    throw new LayoutError("STORE_DAMAGED", `${damaged.length} of ${count} blobs are damaged or missing`, {
      hint: "import the releases that need them again: what is damaged is replaced",
    })
  })
}
