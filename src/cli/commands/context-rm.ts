import { findContext, readContexts, writeContexts } from "../contexts.ts"
import { HOME_CONTEXT } from "../home-path.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { UsageError } from "../usage-error.ts"

export async function contextRm(name: string, options: CommonOptions): Promise<void> {
  const contexts = await readContexts()
  if (findContext(contexts, name) === undefined) {
    throw new UsageError("INVALID_CONTEXT", "home is the folder on this machine, and always there", {
      hint: "only contexts of servers can be removed",
    })
  }
  const { [name]: _, ...others } = contexts.contexts
  const current = contexts.current === name ? HOME_CONTEXT : contexts.current
  await writeContexts({ current, contexts: others })
  printResult(options, { removed: name, current }, `removed ${name}; working in ${current}\n`)
}
