import { spawnSync } from "node:child_process"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite } from "../src/database/open-sqlite.ts"
import { digestOf } from "../src/oci/digest.ts"
import { startDockerRegistry } from "../test/interop/docker-registry.ts"
import { type Measurement, measure, median } from "./measure.ts"
import { makeRelease, SERVICES } from "./sample-release.ts"

const RUNS = 3
const WAYBILL = join(import.meta.dirname, "..", "dist", "waybill")

interface Row {
  what: string
  waybill: string
  peer: string
  ratio: string
  target: string
  memory: string
  disk: string
}

for (const tool of ["skopeo", "docker-registry", "openssl", "tar"]) {
  if (spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0) continue
  process.stderr.write(
    `error: the benchmark needs ${tool}\nhint: apt-get install skopeo docker-registry openssl tar\n`,
  )
  process.exit(1)
}

const rows: Row[] = []
const work = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), "waybill-bench-"))
const path = (...parts: string[]) => join(work, ...parts)
const env = { WAYBILL_HOME: path("home"), TMPDIR: path("tmp") }
const waybill = (...words: string[]) => [WAYBILL, ...words, "--quiet"]
const policy = ["--insecure-policy"]

try {
  await mkdir(env.TMPDIR)
  await benchTransfers(path("small"), [5, 5, 4, 4], RUNS, "0.84 GB")
  await benchTransfers(path("large"), [48, 48, 47, 47], 1, "8.1 GB")
  await benchStart()
  print()
} finally {
  await rm(work, { recursive: true, force: true })
}

async function benchTransfers(
  folder: string,
  own: readonly number[],
  runs: number,
  size: string,
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
    await benchVerify(bundle, home, runs, size)
    await benchImport(folder, bundle, home, runs, size)
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
    ours.push(await measure(command, { env: home, watched: [out, env.TMPDIR, home.WAYBILL_HOME ?? ""] }))
    const copies = SERVICES.map(
      (service) =>
        `skopeo ${policy} copy -q --src-tls-verify=false docker://${host}/acme/edge:${service}-1.0.0 oci:${layout}:${service}`,
    )
    const peer = await measure(["sh", "-ec", `${copies.join("; ")}; tar -cf ${layout}.tar -C ${layout} .`])
    peers.push(peer.seconds)
    await rm(layout, { recursive: true })
    await rm(`${layout}.tar`)
  }
  add(`export ${size} from a registry to a file`, ours, peers, 0.6, "skopeo copy × 4, tar")
}

async function benchVerify(bundle: string, home: Record<string, string>, runs: number, size: string) {
  const ours: Measurement[] = []
  const peers: number[] = []
  for (let run = 0; run < runs; run++) {
    peers.push((await measure(["openssl", "dgst", "-sha256", bundle])).seconds)
    ours.push(await measure(waybill("release", "verify", bundle), { env: home }))
  }
  add(`verify ${size}`, ours, peers, 1.1, "openssl dgst -sha256")
}

async function benchImport(
  folder: string,
  bundle: string,
  home: Record<string, string>,
  runs: number,
  size: string,
) {
  const ours: Measurement[] = []
  const again: Measurement[] = []
  const peers: number[] = []
  for (let run = 0; run < runs; run++) {
    const mine = await startDockerRegistry()
    const fleet = `site/edge-${run}`
    try {
      await measure(waybill("fleet", "create", fleet, "--registry", mine.host), { env: home })
      const command = waybill("release", "import", bundle, fleet)
      ours.push(await measure(command, { env: home, watched: [env.TMPDIR, home.WAYBILL_HOME ?? ""] }))
      again.push(await measure(command, { env: home }))
    } finally {
      await mine.close()
    }
    const theirs = await startDockerRegistry()
    try {
      const copies = SERVICES.map(
        (service) =>
          `skopeo ${policy} copy -q --dest-tls-verify=false oci:${join(folder, "images")}:${service} docker://${theirs.host}/site/edge:${service}`,
      )
      peers.push((await measure(["sh", "-ec", copies.join("; ")])).seconds)
    } finally {
      await theirs.close()
    }
  }
  add(`import ${size} into an empty repository`, ours, peers, 0.7, "skopeo copy × 4")
  addAbsolute(`import ${size} again`, again, 1)
}

async function benchStart(): Promise<void> {
  const releases = 1000
  const home = { ...env, WAYBILL_HOME: path("many") }
  await measure(waybill("fleet", "create", "acme/edge"), { env: home })
  const database = await openSqlite(path("many", "waybill.db"))
  for (let at = 0; at < releases; at++) {
    const index = {
      mediaType: "application/vnd.oci.image.index.v1+json",
      digest: digestOf(Buffer.from(`${at}`)),
      size: 1000,
    }
    await database.fleets.recordRelease(
      "acme/edge",
      {
        commit: at.toString(16).padStart(40, "0"),
        createdAt: "2026-01-01T00:00:00.000Z",
        composition: { services: { web: {} } },
        contract: null,
        note: null,
        tags: {},
        version: { major: 1, minor: at, patch: 0, prerelease: "", build: "", variant: "" },
        index,
        services: [{ name: "web", ...index }],
      },
      { now: new Date("2026-01-01T00:00:00Z"), actor: "bench" },
    )
  }
  await database.close()
  const repeat = async (command: readonly string[]) => {
    await measure(command, { env: home })
    const runs: Measurement[] = []
    for (let run = 0; run < 11; run++) runs.push(await measure(command, { env: home }))
    return runs
  }
  addAbsolute("waybill --version", await repeat([WAYBILL, "--version"]), 0.1)
  addAbsolute(
    `release list of ${releases} releases`,
    await repeat([WAYBILL, "release", "list", "acme/edge"]),
    0.25,
  )
}

function add(
  what: string,
  ours: readonly Measurement[],
  peers: readonly number[],
  target: number,
  peer: string,
): void {
  const mine = median(ours.map(({ seconds }) => seconds))
  const theirs = median(peers)
  push(what, ours, `${theirs.toFixed(2)} s  ${peer}`, (mine / theirs).toFixed(2), `${target} ×`)
}

function addAbsolute(what: string, ours: readonly Measurement[], target: number): void {
  push(what, ours, "", "", `${target} s`)
}

function push(what: string, ours: readonly Measurement[], peer: string, ratio: string, target: string): void {
  const seconds = median(ours.map((each) => each.seconds))
  const memory = Math.max(...ours.map((each) => each.memory))
  const disk = Math.max(...ours.map((each) => each.diskBeside))
  rows.push({
    what,
    waybill: `${seconds.toFixed(seconds < 1 ? 3 : 2)} s`,
    peer,
    ratio,
    target,
    memory: `${Math.round(memory / 1e6)} MB`,
    disk: `${Math.round(disk / 1e6)} MB`,
  })
  process.stderr.write(`${what}: ${seconds.toFixed(3)} s ${ratio && `(${ratio} × ${peer})`}\n`)
}

function print(): void {
  const header: Row = {
    what: "work",
    waybill: "waybill",
    peer: "peer",
    ratio: "ratio",
    target: "at most",
    memory: "peak memory",
    disk: "disk beside",
  }
  const keys = Object.keys(header) as (keyof Row)[]
  const widths = keys.map((key) => Math.max(...[header, ...rows].map((row) => row[key].length)))
  const line = (row: Row) => `| ${keys.map((key, at) => row[key].padEnd(widths[at] ?? 0)).join(" | ")} |\n`
  process.stdout.write(line(header))
  process.stdout.write(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |\n`)
  for (const row of rows) process.stdout.write(line(row))
}
