import { changeContexts, chosenContext, findContext, readContexts } from "../contexts.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"

export async function contextUse(name: string, options: CommonOptions, signal: AbortSignal): Promise<void> {
  // Asked before, so that a wrong name leaves no file behind.
  findContext(await readContexts(), name)
  const used = await changeContexts(signal, (present) => {
    findContext(present, name)
    return { ...present, current: name }
  })
  const chosen = chosenContext(used)
  if (chosen !== name) warn(`WAYBILL_CONTEXT is set: as long as it is, commands work in ${chosen}`)
  printResult(options, { current: name }, `working in ${name} from now on\n`)
}
