import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { collect } from "../src/content/read-document.ts"
import { runRegistry } from "./support/running-registry.ts"
import { temporaryFolder } from "./support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")

/** What the README shows as typed, block by block. */
async function blocks(language: string): Promise<string[]> {
  const readme = await readFile(join(ROOT, "README.md"), "utf8")
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    (match) => match[1] ?? "",
  )
}

async function shell(script: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd, env: { ...process.env, ...env } })
  const [output, errors] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    once(child, "close"),
  ])
  expect(child.exitCode, `${script}\n${Buffer.from(output)}${Buffer.from(errors)}`).toBe(0)
  return Buffer.from(output).toString()
}

/** A folder with a compose file, and an `ssh` that goes to another home on this machine. */
async function workplace(): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = await temporaryFolder()
  await makeSampleApplication(folder)
  const ssh = join(folder, "bin", "ssh")
  await mkdir(join(folder, "bin"))
  await writeFile(ssh, `#!/bin/sh\nshift\nWAYBILL_HOME=${folder}/far exec "$@"\n`)
  await chmod(ssh, 0o755)
  const PATH = `${join(folder, "bin")}:${join(ROOT, "dist")}:${process.env.PATH}`
  return { folder, env: { PATH, WAYBILL_HOME: join(folder, "waybill-home") } }
}

test("the demo of the README ends with two equal files, and the commands that it prints work", async () => {
  const [demo = ""] = await blocks("sh")
  expect(demo).toBe("make demo\n")
  const output = await shell(demo, ROOT)
  expect(output).toMatch(/Both files are equal to the byte: \d+ bytes each/)
  const [, printed = ""] = output.split("What to type next:\n")
  // A make that was started by another says below it where it was.
  const next = printed.split("\n").filter((line) => line.startsWith("  "))
  expect(next.length).toBeGreaterThan(4)
  expect(await shell(next.join("\n"), ROOT)).toContain("imported harbour/edge 1.2.3")
})

test("every command of the README works, one after the other", async () => {
  const { folder, env } = await workplace()
  const { host } = await runRegistry()
  const [, build = "", ...daily] = await blocks("sh")
  await shell(build, ROOT)
  await shell("waybill fleet create site/edge", folder, { ...env, WAYBILL_HOME: join(folder, "far") })
  const output = await shell(daily.join("\n").replaceAll("127.0.0.1:5000", host), folder, env)
  expect(output).toContain("verified release.tar")
  expect(output).toContain(`its images are kept in ${host}/site/site/edge`)
})

test("the program of the README exports and imports", async () => {
  const { folder, env } = await workplace()
  const [program = ""] = await blocks("ts")
  await shell(
    "waybill fleet create acme/edge; waybill fleet create far/edge; waybill release create acme/edge -f compose.yml --version 1.2.3",
    folder,
    env,
  )
  const file = join(ROOT, ".cache", "readme-example.ts")
  await mkdir(join(ROOT, ".cache"), { recursive: true })
  await writeFile(file, program)
  expect(await shell(`node ${file}`, folder, env)).toBe("true\n")
})
