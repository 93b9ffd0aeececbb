import { changeContexts, findContext, readContexts } from "../contexts.ts"
import { HOME_CONTEXT } from "../home-path.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { UsageError } from "../usage-error.ts"

export async function contextRm(name: string, options: CommonOptions, signal: AbortSignal): Promise<void> {
  // Asked before, so that a wrong name leaves no file behind.
  if (findContext(await readContexts(), name) === undefined) {
    throw new UsageError("INVALID_CONTEXT", "home is the folder on this machine, and always there", {
      hint: "only contexts of servers can be removed",
    })
  }
  const { current } = await changeContexts(signal, (present) => {
    findContext(present, name)
    const { [name]: _, ...contexts } = present.contexts
    return { current: present.current === name ? HOME_CONTEXT : present.current, contexts }
  })
  printResult(options, { removed: name, current }, `removed ${name}; working in ${current}\n`)
}
