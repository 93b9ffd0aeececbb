import { readFile, writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { createFleets, Machine } from "../support/cli.ts"
import { runRegistry, runTokenServer, uploads } from "../support/running-registry.ts"
import { bringBundle, type PrintedRelease, sha256 } from "../support/sample.ts"

async function exported() {
  const machine = await Machine.create()
  return { machine, ...(await bringBundle(machine)) }
}

/** What `docker login` leaves. */
async function logIn(machine: Machine, host: string, user: string, password: string): Promise<void> {
  const auth = Buffer.from(`${user}:${password}`).toString("base64")
  await writeFile(machine.path("docker/config.json"), JSON.stringify({ auths: { [host]: { auth } } }))
}

test("a fleet with a registry keeps its images there, tagged for people, and exports the same file", async () => {
  const registry = await runRegistry()
  const { machine, file, release, images } = await exported()
  await machine.ok(`fleet create site/edge --registry ${registry.host}/far`)
  await machine.ok("release import release.tar site/edge")

  const kept = registry.storage.repository("far/site/edge")
  const tags = { "1.2.3": release } as Record<string, string>
  for (const [service, digest] of Object.entries(images)) tags[`${service}-1.2.3`] = digest
  expect(Object.fromEntries(kept.tags)).toEqual(tags)

  for (const concurrency of [1, 8]) {
    await machine.ok(`release export site/edge -o ${concurrency}.tar --concurrency ${concurrency}`)
    expect(sha256(await readFile(machine.path(`${concurrency}.tar`)))).toBe(sha256(await readFile(file)))
  }
  const { bytes } = await machine.run("release export site/edge -o -")
  expect(sha256(bytes)).toBe(sha256(await readFile(file)))
})

test("a release imported again sends no blob, changes nothing, and gets back the tags that are missing", async () => {
  const registry = await runRegistry()
  const { machine, file } = await exported()
  await createFleets(machine.path("home"), [{ slug: "site/edge", registry: registry.host }])
  await machine.ok(`release import ${file} site/edge`)
  expect(uploads(registry).length).toBeGreaterThan(10)

  const { tags } = registry.storage.repository("site/edge")
  const before = new Map(tags)
  tags.delete("1.2.3")
  tags.delete("web-1.2.3")
  const since = registry.log.length
  expect(await machine.json(`release import ${file} site/edge`)).toMatchObject({ wasThere: true })
  expect(uploads(registry, since)).toEqual([])
  expect(new Map([...tags].sort())).toEqual(new Map([...before].sort()))

  const input = await readFile(file)
  expect(await machine.json("release import - site/edge", { input })).toMatchObject({ wasThere: true })
  expect(uploads(registry, since)).toEqual([])
})

test("blobs that another fleet of the organization has in the same registry are mounted, not sent", async () => {
  const registry = await runRegistry()
  const { machine, file } = await exported()
  const { host } = registry
  await createFleets(machine.path("home"), [
    { slug: "site/edge", registry: host },
    { slug: "site/second", registry: host },
    { slug: "else/edge", registry: host },
  ])
  await machine.ok(`release import ${file} site/edge`)
  const since = registry.log.length
  const { stderr } = await machine.run(`release import ${file} site/second`)
  expect(uploads(registry, since)).toEqual([])
  expect(stderr).toMatch(/\d+ were mounted/)
  expect(registry.storage.repository("site/second").tags.size).toBe(5)

  await machine.ok(`release import ${file} else/edge`)
  expect(uploads(registry, since).length).toBeGreaterThan(10)
})

test("where the registry mounts nothing, the blobs are sent", async () => {
  const registry = await runRegistry({ mounts: false })
  const { machine, file, release } = await exported()
  await createFleets(machine.path("home"), [
    { slug: "site/edge", registry: registry.host },
    { slug: "site/second", registry: registry.host },
  ])
  await machine.ok(`release import ${file} site/edge`)
  const arrived = await machine.json<PrintedRelease>(`release import ${file} site/second`)
  expect(arrived.release).toBe(release)
  expect(registry.storage.uploads.size).toBe(0)
})

test("a release is created in the registry of its fleet, from images of another repository of it", async () => {
  const registry = await runRegistry()
  const { machine, file, images } = await exported()
  await createFleets(machine.path("home"), [
    { slug: "site/edge", registry: registry.host },
    { slug: "site/built", registry: registry.host },
  ])
  await machine.ok(`release import ${file} site/edge`)
  const image = (service: string) => `docker://${registry.host}/site/edge:${service}-1.2.3`
  const compose = `services: { web: { image: "${image("web")}" }, api: { image: "${image("api")}" } }\n`
  await writeFile(machine.path("compose.yml"), compose)
  const since = registry.log.length
  const built = await machine.json<PrintedRelease>("release create site/built -f compose.yml")
  const { web, api } = images
  expect(built.services).toMatchObject({ web: { digest: web }, api: { digest: api } })
  // Only the release's own two blobs are new to the registry.
  expect(uploads(registry, since)).toHaveLength(2)
})

test("a registry that asks for a login gets it, by Basic authentication and by tokens", async () => {
  const { machine, file, release } = await exported()
  const users = { carrier: "hunter2" }
  const tokens = await runTokenServer({ users, lifetime: 60 })
  for (const auth of [{ kind: "basic", users } as const, { kind: "token", tokens } as const]) {
    const registry = await runRegistry({ auth })
    await logIn(machine, registry.host, "carrier", "hunter2")
    const slug = `site/with-${auth.kind}` as const
    await createFleets(machine.path("home"), [{ slug, registry: registry.host }])
    expect(await machine.json(`release import ${file} ${slug}`)).toMatchObject({ release })
    await machine.ok(`release export ${slug} -o ${auth.kind}.tar`)
    expect(sha256(await readFile(machine.path(`${auth.kind}.tar`)))).toBe(sha256(await readFile(file)))
  }
})
