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

test("a fleet that keeps its images in the server itself gets them there, once for all fleets, and gives them back", async () => {
  const server = await runServer()
  const machine = await Machine.create()
  const { release } = await bringBundle(machine)
  await machine.ok(`context create site --server ${server.url} --token ${server.token}`)
  for (const fleet of ["site/edge", "site/next"]) {
    await machine.ok(`fleet create ${fleet} --context site`)
    expect(await machine.json(`release import release.tar ${fleet} --context site`)).toMatchObject({
      release,
    })
    await machine.ok(`release export ${fleet} -o again.tar --context site`)
    expect(sha256(await readFile(machine.path("again.tar")))).toBe(
      sha256(await readFile(machine.path("release.tar"))),
    )
  }
  const sent = server.lines.filter(
    ({ method, path }) => method === "PUT" && /\/next\/blobs\//.test(String(path)),
  )
  expect(sent).toEqual([])
  expect(server.lines.filter(({ level }) => level === "error")).toEqual([])
})
