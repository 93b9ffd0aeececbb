import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { blocks, shell } from "../support/document-examples.ts"
import { runServer } from "../support/running-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "../..")

test("the examples of the API work as they stand, one after the other", async () => {
  const { url, token } = await runServer()
  const folder = await temporaryFolder()
  const script = (await blocks("docs/api.md", "sh"))
    .join("\n")
    .replace(/^SERVER=.*$/m, `SERVER=${url}`)
    .replace(/^TOKEN=.*$/m, `TOKEN=${token}`)
  const output = await shell(script, folder)
  expect(output).toMatch(/"version": "1\.3\.0",\s+"revision": 0/)
  expect(output).toContain("registry-2.example/prod/acme/edge@sha256:")
  expect(output).toMatch(/^304$/m)
  expect(output).toContain('"code": "FLEET_NOT_FOUND"')
  expect(await readFile(join(folder, "compose.yml"), "utf8")).toContain(
    "image: registry-2.example/prod/acme/edge@sha256:",
  )

  const [program = ""] = await blocks("docs/api.md", "ts")
  await mkdir(join(ROOT, ".cache"), { recursive: true })
  const file = join(ROOT, ".cache", "api-example.ts")
  await writeFile(file, program.replace("http://127.0.0.1:8080", url))
  expect(await shell(`node ${file}`, folder, { TOKEN: token })).toBe("1.2.3\n")
})
