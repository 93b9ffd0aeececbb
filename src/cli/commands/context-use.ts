import { findContext, readContexts, writeContexts } from "../contexts.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function contextUse(name: string, options: CommonOptions): Promise<void> {
  const contexts = await readContexts()
  findContext(contexts, name)
  await writeContexts({ ...contexts, current: name })
  printResult(options, { current: name }, `working in ${name} from now on\n`)
}
