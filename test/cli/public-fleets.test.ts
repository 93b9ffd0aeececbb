import { expect, test } from "vitest"
import type { Fleet } from "../../src/fleet/fleet.ts"
import type { FleetEvent } from "../../src/fleet/fleet-event.ts"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import { Machine } from "../support/cli.ts"
import { runServer } from "../support/running-server.ts"

const OPEN =
  "anybody can now pull the images of acme/edge from the server without a token, and the compose files of its releases with them\n"
const CLOSED =
  "the images of acme/edge can now be pulled from the server with a token or a device's key alone\n"

async function embedded() {
  return { machine: await Machine.create(), env: {} }
}

async function served() {
  const { url, token } = await runServer()
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token ${token}`)
  return { machine, env: { WAYBILL_CONTEXT: "site" } }
}

test.for([
  ["on a folder", embedded],
  ["through a server", served],
] as const)(
  "%s, a fleet is published and unpublished, and each command says what that means",
  async ([_, open]) => {
    const { machine, env } = await open()
    const say = (words: string) => machine.ok(words, { env })
    const isPublic = async () => (await machine.json<Fleet>("fleet show acme/edge", { env })).isPublic

    expect(await say("fleet create acme/edge")).not.toContain("anybody")
    expect(await say("fleet show acme/edge")).toMatch(/^ {2}public +no$/m)
    expect(await isPublic()).toBe(false)

    expect(await say("fleet publish acme/edge")).toBe(OPEN)
    expect(await say("fleet publish acme/edge")).toBe(OPEN)
    expect(await say("fleet show acme/edge")).toMatch(/^ {2}public +yes, anybody can pull its images$/m)
    expect(await isPublic()).toBe(true)

    expect(await say("fleet unpublish acme/edge")).toBe(CLOSED)
    expect(await isPublic()).toBe(false)
    expect(await machine.json("fleet publish acme/edge", { env })).toMatchObject({
      slug: "acme/edge",
      isPublic: true,
    })
    const history = await machine.json<FleetEvent[]>("fleet history acme/edge", { env })
    expect(history.map(({ action }) => action)).toEqual([
      "fleet.publish",
      "fleet.unpublish",
      "fleet.publish",
      "fleet.create",
    ])
  },
)

test("a fleet can be public from its making on, and that is said", async () => {
  const machine = await Machine.create()
  expect(await machine.ok("fleet create acme/edge --public")).toBe(
    `created fleet acme/edge; its images are kept in the content store\n${OPEN}`,
  )
  expect(await machine.json("fleet create acme/dock --public")).toMatchObject({ isPublic: true })
  expect(await machine.json("fleet create acme/shut")).toMatchObject({ isPublic: false })
  const fleets = await machine.json<Fleet[]>("fleet list")
  expect(fleets.map((fleet) => [fleet.slug, fleet.isPublic])).toEqual([
    ["acme/dock", true],
    ["acme/edge", true],
    ["acme/shut", false],
  ])
})

test("of a fleet whose images are in a registry nobody is told that the server gives them out", async () => {
  const machine = await Machine.create()
  const created = await machine.ok("fleet create acme/edge --registry registry.example/prod --public")
  const published = await machine.ok("fleet publish acme/edge")
  expect(created).toContain(published)
  expect(published).toBe(
    "acme/edge is public; who can pull its images is up to registry.example/prod, which keeps them\n",
  )
  expect(await machine.ok("fleet show acme/edge")).toMatch(
    /^ {2}public +yes, as far as registry\.example\/prod /m,
  )
  expect(await machine.ok("fleet unpublish acme/edge")).toMatch(/^acme\/edge is not public; /)
})

test("whoever may not administer an organization publishes nothing of it, and sees no other to publish", async () => {
  const { url, home } = await runServer()
  const machine = await Machine.create()
  for (const slug of ["acme/edge", "site/edge"] as const) {
    await home.fleets.createFleet({ slug }, home.change())
  }
  const secret = newTokenSecret((size) => new Uint8Array(size).fill(7))
  const token = { name: "ci", organization: "acme", role: "deployer", secret } as const
  await home.access.createToken(token, home.change())
  await machine.ok(`context create site --server ${url} --token ${secret}`)
  for (const words of ["fleet publish acme/edge", "fleet create acme/open --public"]) {
    const { status, stderr } = await machine.run(`${words} --context site`)
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: .*\nhint: /),
    })
  }
  expect(await machine.run("fleet publish site/edge --context site")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("there is no fleet site/edge"),
  })
  expect((await home.fleets.listFleets()).map(({ slug, isPublic }) => [slug, isPublic])).toEqual([
    ["acme/edge", false],
    ["site/edge", false],
  ])
})
