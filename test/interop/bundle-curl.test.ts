import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { collect } from "../../src/content/read-document.ts"
import { shell } from "../support/document-examples.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { runServer } from "../support/running-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

test("curl -T imports a bundle, -OJ gets the very file, and -C - goes on with a part of it", async () => {
  const { url, token, home } = await runServer()
  await home.fleets.createFleet({ slug: "site/edge" }, home.change())
  const folder = await temporaryFolder()
  const source = new MemoryContent()
  const { descriptor } = await putRelease(source)
  const whole = Buffer.from(await collect(bundleBytes(source, await planBundle(source, descriptor))))
  await writeFile(join(folder, "release.tar"), whole)
  const curl = 'curl --silent --show-error --fail-with-body -H "Authorization: Bearer $TOKEN"'
  const env = { TOKEN: token, SERVER: url }
  const sent = await shell(`${curl} -T release.tar "$SERVER/api/v1/fleets/site/edge/bundles"`, folder, env)
  const { id, version, wasThere } = JSON.parse(sent) as { id: number; version: string; wasThere: boolean }
  expect({ version, wasThere }).toEqual({ version: "1.2.3", wasThere: false })
  const piped = await shell(
    `${curl} -T - "$SERVER/api/v1/fleets/site/edge/bundles" < release.tar`,
    folder,
    env,
  )
  expect(JSON.parse(piped)).toMatchObject({ id, wasThere: true })
  await shell(`${curl} -OJ "$SERVER/api/v1/releases/${id}/bundle"`, folder, env)
  expect((await readFile(join(folder, "edge-1.2.3.tar"))).equals(whole)).toBe(true)
  await writeFile(join(folder, "part.tar"), whole.subarray(0, 12_345))
  await shell(`${curl} -C - -o part.tar "$SERVER/api/v1/releases/${id}/bundle"`, folder, env)
  expect((await readFile(join(folder, "part.tar"))).equals(whole)).toBe(true)
})
