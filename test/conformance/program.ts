import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { collect } from "../../src/content/read-document.ts"
import type { ProgramReport } from "./report.ts"

/** Runs the conformance program with nothing but these switches, and leaves its reports in a folder. */
export async function runProgram(
  program: string,
  switches: Record<string, string>,
  folder: string,
): Promise<ProgramReport> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const child = spawn(program, [], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...switches, OCI_RESULTS_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const [output, errors] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    once(child, "close"),
  ])
  await writeFile(join(folder, "output.txt"), output)
  await writeFile(join(folder, "errors.txt"), errors)
  return { output: Buffer.from(output).toString(), status: child.exitCode }
}
