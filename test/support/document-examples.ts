import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "vitest"
import { collect } from "../../src/content/read-document.ts"

const ROOT = join(import.meta.dirname, "../..")

/** What a document of the project shows as typed, block by block. */
export async function blocks(file: string, language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, file), "utf8")
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    (match) => match[1] ?? "",
  )
}

/** Runs a script that has to succeed, and returns its standard output. */
export async function shell(script: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd, env: { ...process.env, ...env } })
  const [output, errors] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    once(child, "close"),
  ])
  expect(child.exitCode, `${script}\n${Buffer.from(output)}${Buffer.from(errors)}`).toBe(0)
  return Buffer.from(output).toString()
}
