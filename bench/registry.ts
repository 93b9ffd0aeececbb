import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { benchCrowd } from "./crowd.ts"
import { type Measurement, measure } from "./measure.ts"
import { makeImage } from "./sample-release.ts"
import { type StartedRegistry, startPeer, startWaybill } from "./started-registry.ts"
import { addRatio } from "./table.ts"

const RUNS = 5
const REPOSITORY = "acme/edge"
const PEER = "docker-registry"

type Start = () => Promise<StartedRegistry>

/** `waybill serve` as a registry, against docker-registry: skopeo pushes and pulls, and many pull at once. */
export async function benchRegistry(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  process.stderr.write("making an image of 1 GB\n")
  await mkdir(folder)
  const { layout, layers } = await makeImage(join(folder, "image"))
  const startOurs = () => startWaybill(REPOSITORY, join(folder, "home"), env)
  const push = (to: StartedRegistry) =>
    skopeo("--dest-tls-verify=false", "--dest-creds", to.login, `oci:${layout}:image`, image(to))
  try {
    await benchPush([startOurs, startPeer], push)
    await using ours = await startOurs()
    await using peer = await startPeer()
    for (const to of [ours, peer]) await push(to)
    await benchPull([ours, peer], join(folder, "pulled"))
    await benchCrowd(ours, peer, REPOSITORY, layers)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Each time into a registry that has nothing yet. */
async function benchPush(
  starts: [ours: Start, peer: Start],
  push: (to: StartedRegistry) => Promise<Measurement>,
): Promise<void> {
  await addTurns("push 1 GB", RUNS, starts, async (start) => {
    await using registry = await start()
    return { ...(await push(registry)), memory: registry.takeMemory() }
  })
}

/** From the page cache of both, into a folder that is not there yet. */
async function benchPull(
  registries: [ours: StartedRegistry, peer: StartedRegistry],
  folder: string,
): Promise<void> {
  const pull = async (from: StartedRegistry) => {
    from.takeMemory()
    const source = ["--src-tls-verify=false", "--src-creds", from.login, image(from)]
    const measured = await skopeo(...source, `oci:${folder}:image`)
    await rm(folder, { recursive: true })
    return { ...measured, memory: from.takeMemory() }
  }
  for (const registry of registries) await pull(registry)
  await addTurns("pull 1 GB", RUNS, registries, pull)
}

/** Both in turns, so that what else the machine does falls on both. */
async function addTurns<T>(
  what: string,
  runs: number,
  [ours, peer]: [ours: T, peer: T],
  run: (one: T) => Promise<Measurement>,
): Promise<void> {
  const mine: Measurement[] = []
  const theirs: Measurement[] = []
  for (let turn = 0; turn < runs; turn++) {
    mine.push(await run(ours))
    theirs.push(await run(peer))
  }
  const list = (all: readonly Measurement[]) => all.map(({ seconds }) => seconds.toFixed(2)).join(" ")
  process.stderr.write(`${what}: waybill ${list(mine)}; ${PEER} ${list(theirs)}\n`)
  const seconds = theirs.map((each) => each.seconds)
  addRatio(`${what} by skopeo, median of ${runs}`, mine, seconds, 1, PEER)
}

function skopeo(...words: string[]): Promise<Measurement> {
  return measure(["skopeo", "--insecure-policy", "copy", "-q", ...words])
}

function image({ host }: StartedRegistry): string {
  return `docker://${host}/${REPOSITORY}:1.0.0`
}
