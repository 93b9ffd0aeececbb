import { writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { createFleets, Machine } from "../support/cli.ts"
import { runRegistry, runTokenServer } from "../support/running-registry.ts"
import { bringBundle } from "../support/sample.ts"

test("a login that is not good for the repository beside it imports all the same", async () => {
  const machine = await Machine.create()
  const { file, release } = await bringBundle(machine)
  const tokens = await runTokenServer({
    users: { carrier: "hunter2" },
    grant: ({ repository }) => repository === "site/second",
  })
  const registry = await runRegistry({ auth: { kind: "token", tokens } })
  const auth = Buffer.from("carrier:hunter2").toString("base64")
  await writeFile(
    machine.path("docker/config.json"),
    JSON.stringify({ auths: { [registry.host]: { auth } } }),
  )
  await createFleets(machine.path("home"), [
    { slug: "site/edge", registry: registry.host },
    { slug: "site/second", registry: registry.host },
  ])
  expect(await machine.json(`release import ${file} site/second`)).toMatchObject({ release })
  // It is asked for once or a few times, as blobs go at once, and then left alone.
  expect(registry.requests(/^HEAD .*\/site\/edge\//).length).toBeLessThan(10)
})
