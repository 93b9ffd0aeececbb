import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { type Digest, digestOf } from "../../../src/oci/digest.ts"
import { Machine } from "../../support/cli.ts"
import { type Choice, choices, killedAt, type Moment, momentsOf } from "../../support/kills/moments.ts"
import { serve, serveAgain } from "../../support/served.ts"
import { Client } from "./client.ts"
import { type Content, indexOf, manifestOf } from "./images.ts"
import { blobOf, PatientPusher } from "./patient-pusher.ts"

const NAME = "acme/edge"
const NAMES = ["one", "two"]
const MIB = 1 << 20

/** A server that is killed, and what was promised by it. */
class World {
  readonly machine: Machine
  #client = Promise.withResolvers<Client>()
  /** Manifests whose push was answered, with the tag that each got. */
  readonly pushed = new Map<string, Digest>()
  readonly deleted = new Set<Digest>()

  constructor(machine: Machine) {
    this.machine = machine
  }

  readonly connect = (): Promise<Client> => this.#client.promise

  up(client: Client): void {
    this.#client.resolve(client)
  }

  down(): void {
    this.#client = Promise.withResolvers()
  }
}

/** Pushes an image with its own layer, a signature, and an index of both, and one that is deleted again. */
async function pushAll(world: World, name: string): Promise<void> {
  const pusher = new PatientPusher(world.connect, NAME)
  const blobs = [blobOf(`config ${name}`, 100), blobOf(`layer ${name}`, MIB)]
  for (const blob of blobs) await pusher.pushBlob(blob)
  const image = manifestOf(blobs)
  const push = async (manifest: Content, tag: string) => {
    await pusher.pushManifest(manifest, tag)
    world.pushed.set(tag, manifest.digest)
  }
  await push(image, name)
  const signature = manifestOf([blobs[0] ?? image], { subject: image, annotations: { of: name } })
  await push(signature, signature.digest)
  await push(indexOf([image, signature]), `${name}-index`)
  // All move one tag.
  await pusher.pushManifest(image, "latest")
  const doomed = manifestOf(blobs, { annotations: { doomed: "yes" } })
  await pusher.pushManifest(doomed, `${name}-doomed`)
  const { status } = await pusher.ask("DELETE", `/v2/${NAME}/manifests/${doomed.digest}`)
  // The one before may have been done, and its answer lost.
  expect([202, 404]).toContain(status)
  world.deleted.add(doomed.digest)
}

/** What must be true whenever a server has started. */
async function expectWhole(
  { machine, pushed, deleted }: World,
  client: Client,
  moment: Moment,
): Promise<void> {
  const { tags } = JSON.parse((await client.get(`/v2/${NAME}/tags/list`)).text) as { tags: string[] }
  for (const tag of tags) {
    const [digest = ""] = await client.pullAll(NAME, tag)
    const { bytes } = await client.get(`/v2/${NAME}/referrers/${digest}`)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: Content[] }
    for (const referrer of manifests) await client.pullAll(NAME, referrer.digest)
  }
  for (const [tag, digest] of pushed) {
    const [found] = await client.pullAll(NAME, tag)
    expect(found, `${moment}: ${tag}`).toBe(digest)
  }
  for (const digest of deleted) {
    expect((await client.ask("GET", `/v2/${NAME}/manifests/${digest}`)).status, moment).toBe(404)
  }
  // Whoever reads the layout past the server finds nothing half done either.
  const folder = machine.path("home", "store", "blobs", "sha256")
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    expect(digestOf(await readFile(`${folder}/${name}`)), moment).toBe(`sha256:${name}`)
  }
}

/** A machine on which a server has started before, and the administrator's secret. */
async function prepare(): Promise<{ machine: Machine; authorization: string }> {
  const machine = await Machine.create(NAME)
  const { process, outcome, token } = await serve(machine)
  process.kill("SIGKILL")
  await outcome
  return { machine, authorization: `Bearer ${token}` }
}

/** Moments of a server between its start and the last answer to the pushes of one. */
async function momentsOfPushes(world: World, authorization: string): Promise<Moment[]> {
  let atStart = 0
  const moments = await momentsOf(async (env, soFar) => {
    const served = await serveAgain(world.machine, "", env)
    atStart = (await soFar()).length
    world.up(new Client(served.url, authorization))
    await pushAll(world, "one")
    served.process.kill("SIGKILL")
    await served.outcome
  })
  return moments.slice(atStart)
}

/** A server under pushes is killed at some of its moments; the next one has all that was promised, and pushes go on. */
async function killServers(choose: Choice): Promise<void> {
  const { machine, authorization } = await prepare()
  const moments = await momentsOfPushes(new World(await machine.copy()), authorization)
  expect(moments.join("\n")).toMatch(/^before rename \d+$/m)
  const chosen = choose(moments)
  let kills = 0
  for (const moment of chosen) {
    const world = new World(await machine.copy())
    const doomed = await serveAgain(world.machine, "", killedAt(moment))
    world.up(new Client(doomed.url, authorization))
    const pushes = Promise.all(NAMES.map((name) => pushAll(world, name)))
    // Whoever awaits it sees its failure; until then nobody may.
    pushes.catch(() => undefined)
    const { signal } = await Promise.race([doomed.outcome, pushes.then(() => ({ signal: null }))])
    // Requests come together differently each time: the last moments may not be reached.
    if (signal === null) doomed.process.kill("SIGKILL")
    else kills++
    world.down()
    await doomed.outcome

    const served = await serveAgain(world.machine)
    const client = new Client(served.url, authorization)
    await expectWhole(world, client, moment)
    world.up(client)
    await pushes
    await expectWhole(world, client, moment)
    expect(world.pushed.size).toBe(NAMES.length * 3)
    const { tags } = JSON.parse((await client.get(`/v2/${NAME}/tags/list`)).text) as { tags: string[] }
    const tagged = [...world.pushed.keys()].filter((name) => !name.includes(":"))
    expect(tags, moment).toEqual(["latest", ...tagged].toSorted())
    served.process.kill("SIGKILL")
    await served.outcome
  }
  expect(kills).toBeGreaterThanOrEqual(chosen.length / 2)
}

test.for(choices)(
  "a server that is killed at any moment keeps what it promised, and pushes go on: $name",
  ({ choice }) => killServers(choice),
)
