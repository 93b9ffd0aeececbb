import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { startDockerRegistry } from "../test/interop/docker-registry.ts"
import { type Measurement, measure, median } from "./measure.ts"
import { measureBundleServer } from "./running-server.ts"
import { makeRelease, SERVICES } from "./sample-release.ts"
import { addAbsolute, addRatio } from "./table.ts"
import { waybill } from "./waybill.ts"

const POLICY = ["--insecure-policy"]

/** Export, verify and import against skopeo and openssl. `own` are the megabytes of each service's own layers. */
export async function benchTransfers(
  folder: string,
  own: readonly number[],
  runs: number,
  size: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  process.stderr.write(`making a release of ${size}\n`)
  await mkdir(folder)
  await makeRelease(folder, own)
  const source = await startDockerRegistry()
  try {
    const home = { ...env, WAYBILL_HOME: join(folder, "home") }
    await measure(waybill("fleet", "create", "acme/edge", "--registry", source.host), { env: home })
    await measure(
      waybill("release", "create", "acme/edge", "-f", join(folder, "compose.yml"), "--version", "1.0.0"),
      { env: home },
    )
    const bundle = join(folder, "out", "release.tar")
    await benchExport(folder, bundle, source.host, home, runs, size)
    const seconds = await benchVerify(bundle, home, runs, size)
    await benchServe(bundle, size)
    await benchImport(folder, bundle, home, runs, size, seconds)
  } finally {
    await source.close()
    await rm(folder, { recursive: true })
  }
}

async function benchExport(
  folder: string,
  bundle: string,
  host: string,
  home: Record<string, string>,
  runs: number,
  size: string,
) {
  const ours: Measurement[] = []
  const peers: number[] = []
  const out = join(folder, "out")
  const layout = join(folder, "layout")
  for (let run = 0; run < runs; run++) {
    await rm(out, { recursive: true, force: true })
    await mkdir(out)
    const command = waybill("release", "export", "acme/edge", "--version", "1.0.0", "-o", bundle)
    ours.push(
      await measure(command, { env: home, watched: [out, home.TMPDIR ?? "", home.WAYBILL_HOME ?? ""] }),
    )
    const copies = SERVICES.map(
      (service) =>
        `skopeo ${POLICY} copy -q --src-tls-verify=false docker://${host}/acme/edge:${service}-1.0.0 oci:${layout}:${service}`,
    )
    const peer = await measure(["sh", "-ec", `${copies.join("; ")}; tar -cf ${layout}.tar -C ${layout} .`])
    peers.push(peer.seconds)
    await rm(layout, { recursive: true })
    await rm(`${layout}.tar`)
  }
  addRatio(`export ${size} from a registry to a file`, ours, peers, 0.6, "skopeo copy × 4, tar")
}

/** Gives the time that verifying took, in seconds. */
async function benchVerify(
  bundle: string,
  home: Record<string, string>,
  runs: number,
  size: string,
): Promise<number> {
  const ours: Measurement[] = []
  const peers: number[] = []
  for (let run = 0; run < runs; run++) {
    peers.push((await measure(["openssl", "dgst", "-sha256", bundle])).seconds)
    ours.push(await measure(waybill("release", "verify", bundle), { env: home }))
  }
  addRatio(`verify ${size}`, ours, peers, 1.1, "openssl dgst -sha256")
  return median(ours.map(({ seconds }) => seconds))
}

async function benchServe(bundle: string, size: string) {
  const runs: Measurement[] = []
  for (let run = 0; run < 5; run++) runs.push(await measureBundleServer(bundle))
  addAbsolute(`release serve ${size} until it listens`, runs, 1)
}

async function benchImport(
  folder: string,
  bundle: string,
  home: Record<string, string>,
  runs: number,
  size: string,
  seconds: number,
) {
  const ours: Measurement[] = []
  const again: Measurement[] = []
  const unverified: Measurement[] = []
  const peers: number[] = []
  for (let run = 0; run < runs; run++) {
    const mine = await startDockerRegistry()
    const fleet = `site/edge-${run}`
    try {
      await measure(waybill("fleet", "create", fleet, "--registry", mine.host), { env: home })
      const command = waybill("release", "import", bundle, fleet)
      ours.push(await measure(command, { env: home, watched: [home.TMPDIR ?? "", home.WAYBILL_HOME ?? ""] }))
      again.push(await measure(command, { env: home }))
      unverified.push(await measure([...command, "--no-verify"], { env: home }))
    } finally {
      await mine.close()
    }
    const theirs = await startDockerRegistry()
    try {
      const copies = SERVICES.map(
        (service) =>
          `skopeo ${POLICY} copy -q --dest-tls-verify=false oci:${join(folder, "images")}:${service} docker://${theirs.host}/site/edge:${service}`,
      )
      peers.push((await measure(["sh", "-ec", copies.join("; ")])).seconds)
    } finally {
      await theirs.close()
    }
  }
  addRatio(`import ${size} into an empty repository`, ours, peers, 0.7, "skopeo copy × 4")
  // Every byte of the file is hashed: as long as verifying it takes, and asking the registry besides.
  addAbsolute(`import ${size} again`, again, seconds + 1)
  addAbsolute(`import ${size} again, --no-verify`, unverified, 1)
}
