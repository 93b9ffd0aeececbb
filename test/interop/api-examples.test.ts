import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import { runServer } from "../support/running-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "../..")

async function blocks(language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, "docs/api.md"), "utf8")
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
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
  const text = Buffer.from(output).toString()
  expect(child.exitCode, `${text}${Buffer.from(errors)}`).toBe(0)
  return text
}

test("the examples of the API work as they stand, one after the other", async () => {
  const { url, token } = await runServer()
  const folder = await temporaryFolder()
  const script = (await blocks("sh"))
    .join("\n")
    .replace(/^SERVER=.*$/m, `SERVER=${url}`)
    .replace(/^TOKEN=.*$/m, `TOKEN=${token}`)
  const output = await shell(script, folder)
  expect(output).toMatch(/"version": "1\.3\.0",\s+"revision": 0/)
  expect(output).toContain("registry.example/prod/acme/edge@sha256:")
  expect(output).toMatch(/^304$/m)
  expect(output).toContain('"code": "FLEET_NOT_FOUND"')
  expect(await readFile(join(folder, "compose.yml"), "utf8")).toContain(
    "image: registry.example/prod/acme/edge@sha256:",
  )

  const [program = ""] = await blocks("ts")
  await mkdir(join(ROOT, ".cache"), { recursive: true })
  const file = join(ROOT, ".cache", "api-example.ts")
  await writeFile(file, program.replace("http://127.0.0.1:8080", url))
  expect(await shell(`node ${file}`, folder, { TOKEN: token })).toBe("1.2.3\n")
})
