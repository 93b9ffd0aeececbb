import { chosenContext, findContext, readContexts, writeContexts } from "../contexts.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"

export async function contextUse(name: string, options: CommonOptions): Promise<void> {
  const contexts = await readContexts()
  findContext(contexts, name)
  const used = { ...contexts, current: name }
  await writeContexts(used)
  const chosen = chosenContext(used)
  if (chosen !== name) warn(`WAYBILL_CONTEXT is set: as long as it is, commands work in ${chosen}`)
  printResult(options, { current: name }, `working in ${name} from now on\n`)
}
