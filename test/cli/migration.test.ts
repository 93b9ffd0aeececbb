import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { runRegistry, uploads } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle, sha256 } from "../support/sample.ts"

/** An account: a server and a registry of its own, and a context for it on the machine of whoever migrates. */
async function openAccount(machine: Machine, context: string) {
  const [server, registry] = await Promise.all([runServer(), runRegistry()])
  await machine.ok(`context create ${context} --server ${server.url} --token ${server.token}`)
  await machine.ok(`fleet create site/edge --registry ${registry.host} --context ${context}`)
  return { server, registry }
}

test("one bundle goes into two accounts, twice into one, and comes out of each as it was", async () => {
  const machine = await Machine.create()
  const { release, images } = await bringBundle(machine)
  const accounts = { site: await openAccount(machine, "site"), plant: await openAccount(machine, "plant") }

  for (const [context, { server, registry }] of Object.entries(accounts)) {
    const imported = await machine.json(`release import release.tar site/edge --context ${context}`)
    expect(imported).toMatchObject({ version: "1.2.3", release, wasThere: false })
    const { tags } = registry.storage.repository("site/edge")
    expect(Object.fromEntries(tags)).toMatchObject({ "1.2.3": release, "web-1.2.3": images.web })

    const since = registry.log.length
    const again = await machine.json(`release import release.tar site/edge --context ${context}`)
    expect(again).toMatchObject({ version: "1.2.3", release, wasThere: true })
    expect(uploads(registry, since)).toEqual([])

    const [event] = await server.home.fleets.listEvents("site/edge")
    expect(event).toMatchObject({ action: "release.import", actor: "administrator" })
    await machine.ok(`release export site/edge -o ${context}.tar --context ${context}`)
    expect(sha256(await readFile(machine.path(`${context}.tar`)))).toBe(
      sha256(await readFile(machine.path("release.tar"))),
    )
  }
})

test("a fleet that keeps its images in the server itself is refused with what to do, and nothing is recorded", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  await bringBundle(machine)
  await machine.ok(`context create site --server ${server.url} --token ${server.token}`)
  await machine.ok("fleet create site/edge --context site")
  const { status, stderr } = await machine.run("release import release.tar site/edge --context site --quiet")
  expect(stderr).toMatch(/^error: site\/edge keeps its images in the server's .*\nhint: .*--registry/)
  expect(status).toBe(1)
  expect(await server.home.fleets.listReleases("site/edge")).toEqual([])
})
