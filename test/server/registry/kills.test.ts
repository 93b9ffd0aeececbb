import { readdir, readFile } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { expect, test } from "vitest"
import { type Digest, digestOf } from "../../../src/oci/digest.ts"
import { Machine } from "../../support/cli.ts"
import { serve, serveAgain } from "../../support/served.ts"
import { Client } from "./client.ts"
import { type Content, indexOf, manifestOf } from "./images.ts"
import { blobOf, PatientPusher } from "./patient-pusher.ts"

const NAME = "acme/edge"
const KILLS = 6
const IMAGES = 4
const MIB = 1 << 20

/** A server that is killed again and again, and what was promised by it. */
class World {
  readonly machine: Machine
  #client = Promise.withResolvers<Client>()
  #requests = 0
  #onRequest: () => void = () => undefined
  /** Manifests whose push was answered, with the tag that each got. */
  readonly pushed = new Map<string, Digest>()
  readonly deleted = new Set<Digest>()

  constructor(machine: Machine) {
    this.machine = machine
  }

  readonly connect = async (): Promise<Client> => {
    const client = await this.#client.promise
    this.#requests++
    this.#onRequest()
    return client
  }

  up(client: Client): void {
    this.#client.resolve(client)
  }

  down(): void {
    this.#client = Promise.withResolvers()
  }

  /** Until so many requests more were sent. */
  async requests(count: number): Promise<void> {
    const end = this.#requests + count
    await new Promise<void>((resolve) => {
      this.#onRequest = () => {
        if (this.#requests >= end) resolve()
      }
    })
  }
}

/** Images with their own layers, with signatures and an index of both; some are deleted again. */
async function pushAll(world: World, name: string): Promise<void> {
  const pusher = new PatientPusher(world.connect, NAME)
  for (let at = 0; at < IMAGES; at++) {
    const blobs = [blobOf(`config ${name} ${at}`, 100), blobOf(`layer ${name} ${at}`, (1 + (at % 2)) * MIB)]
    for (const blob of blobs) await pusher.pushBlob(blob)
    const image = manifestOf(blobs)
    const push = async (manifest: Content, tag: string) => {
      await pusher.pushManifest(manifest, tag)
      world.pushed.set(tag, manifest.digest)
    }
    await push(image, `${name}-${at}`)
    const signature = manifestOf([blobs[0] ?? image], {
      subject: image,
      annotations: { of: `${name} ${at}` },
    })
    await push(signature, signature.digest)
    await push(indexOf([image, signature]), `${name}-index-${at}`)
    // All move one tag.
    await pusher.pushManifest(image, "latest")
    const doomed = manifestOf(blobs, { annotations: { doomed: "yes" } })
    await pusher.pushManifest(doomed, `${name}-doomed-${at}`)
    const { status } = await pusher.ask("DELETE", `/v2/${NAME}/manifests/${doomed.digest}`)
    // The one before may have been done, and its answer lost.
    expect([202, 404]).toContain(status)
    world.deleted.add(doomed.digest)
  }
}

/** What must be true whenever a server has started. */
async function expectWhole({ machine, pushed, deleted }: World, client: Client): Promise<void> {
  const { tags } = JSON.parse((await client.get(`/v2/${NAME}/tags/list`)).text) as { tags: string[] }
  for (const tag of tags) {
    const [digest = ""] = await client.pullAll(NAME, tag)
    const { bytes } = await client.get(`/v2/${NAME}/referrers/${digest}`)
    const { manifests } = JSON.parse(bytes.toString()) as { manifests: Content[] }
    for (const referrer of manifests) await client.pullAll(NAME, referrer.digest)
  }
  for (const [tag, digest] of pushed) {
    const [found] = await client.pullAll(NAME, tag)
    expect(found, tag).toBe(digest)
  }
  for (const digest of deleted) {
    expect((await client.ask("GET", `/v2/${NAME}/manifests/${digest}`)).status).toBe(404)
  }
  // Whoever reads the layout past the server finds nothing half done either.
  const folder = machine.path("home", "store", "blobs", "sha256")
  for (const name of await readdir(folder)) {
    expect(digestOf(await readFile(`${folder}/${name}`))).toBe(`sha256:${name}`)
  }
}

test("a server that is killed at any moment keeps what it promised, and pushes go on", async () => {
  const machine = await Machine.create(NAME)
  const world = new World(machine)
  let served = await serve(machine)
  const authorization = `Bearer ${served.token}`
  const pushes = Promise.all(["one", "two", "three"].map((name) => pushAll(world, name)))
  // Whoever awaits it sees its failure; until then nobody may.
  pushes.catch(() => undefined)
  for (let kill = 0; kill < KILLS; kill++) {
    world.up(new Client(served.url, authorization))
    await Promise.race([world.requests(1 + Math.floor(Math.random() * 30)), pushes])
    await setTimeout(Math.random() * 20)
    world.down()
    served.process.kill("SIGKILL")
    await served.outcome
    served = { ...(await serveAgain(machine)), token: served.token }
    await expectWhole(world, new Client(served.url, authorization))
  }
  const client = new Client(served.url, authorization)
  world.up(client)
  await pushes
  await expectWhole(world, client)
  expect(world.pushed.size).toBe(3 * IMAGES * 3)
  const { tags } = JSON.parse((await client.get(`/v2/${NAME}/tags/list`)).text) as { tags: string[] }
  const tagged = [...world.pushed.keys()].filter((name) => !name.includes(":"))
  expect(tags).toEqual(["latest", ...tagged].toSorted())
})
