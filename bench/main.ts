import { spawnSync } from "node:child_process"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { benchDashboard } from "./dashboard.ts"
import { benchGarbage } from "./garbage.ts"
import { benchLimits } from "./limits.ts"
import { benchLists } from "./lists.ts"
import { benchMounts } from "./mounts.ts"
import { benchRegistry } from "./registry.ts"
import { benchOnEach, benchServer } from "./server.ts"
import { benchStart } from "./start.ts"
import { printTable } from "./table.ts"
import { benchTags } from "./tags.ts"
import { benchTransfers } from "./transfers.ts"

const PARTS = [
  "transfers",
  "limits",
  "start",
  "server",
  "lists",
  "dashboard",
  "registry",
  "mounts",
  "tags",
  "garbage",
] as const

const parts = process.argv.length > 2 ? process.argv.slice(2) : PARTS
const TOOLS = ["skopeo", "docker-registry", "openssl", "tar", "curl"]
for (const tool of parts.includes("transfers") || parts.includes("registry") ? TOOLS : []) {
  if (spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0) continue
  process.stderr.write(`error: the benchmark needs ${tool}\nhint: apt-get install ${TOOLS.join(" ")}\n`)
  process.exit(1)
}

const work = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), "waybill-bench-"))
const path = (...names: string[]) => join(work, ...names)
const env = { WAYBILL_HOME: path("home"), TMPDIR: path("tmp") }

try {
  await mkdir(env.TMPDIR)
  if (parts.includes("transfers")) {
    await benchTransfers(path("small"), [5, 5, 4, 4], 3, "0.84 GB", env)
    await benchTransfers(path("large"), [48, 48, 47, 47], 1, "8.1 GB", env)
  }
  if (parts.includes("limits")) await benchLimits(path("limits"), env)
  if (parts.includes("start")) await benchStart(path("many"), env)
  if (parts.includes("server")) await benchServer(path("server"))
  if (parts.includes("lists")) await benchOnEach(path("lists"), benchLists)
  if (parts.includes("dashboard")) await benchOnEach(path("dashboard"), benchDashboard)
  if (parts.includes("registry")) await benchRegistry(path("registry"), env)
  if (parts.includes("mounts")) await benchMounts(path("mounts"))
  if (parts.includes("tags")) await benchTags(path("tags"))
  if (parts.includes("garbage")) await benchGarbage(path("garbage"))
  printTable()
} finally {
  await rm(work, { recursive: true, force: true })
}
