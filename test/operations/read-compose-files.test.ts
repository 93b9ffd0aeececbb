import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { readComposeFiles } from "../../src/operations/read-compose-files.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

async function project() {
  const folder = await temporaryFolder()
  const path = join(folder, "compose.yml")
  await writeFile(path, "services: { web: { image: web } }\n")
  return { path, variables: join(folder, ".env") }
}

test("a folder named .env is none with variables", async () => {
  const { path, variables } = await project()
  await mkdir(variables)
  const { images } = await readComposeFiles([path], {})
  expect(images).toEqual([{ service: "web", image: "web", path }])
})

test("a .env that cannot be read is named, with what to do", async () => {
  const { path, variables } = await project()
  await symlink(".env", variables)
  await expect(readComposeFiles([path], {})).rejects.toMatchObject({
    code: "INVALID_COMPOSE_FILE",
    message: expect.stringContaining(`${variables} cannot be read: `),
    hint: expect.stringContaining("check its permissions"),
  })
})
