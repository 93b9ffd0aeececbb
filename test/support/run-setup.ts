import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmod, copyFile, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import type { TestProject } from "vitest/node"
import bundling from "../../rolldown.config.ts"
import { hasCode } from "../../src/errors/system-error.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The command line as a file that Node runs. */
    program: string
    /** What is loaded into a process that is to be killed at a moment. */
    killer: string
    /** What a test does at random follows from it. */
    seed: string
    /** At how many of its moments a process is killed. */
    kills: "some" | "all"
  }
}

const KILLER = fileURLToPath(new URL("kills/preload.ts", import.meta.url))
/** Memory as a file system: what a test waits for is then its own work, and not a disk that others use. */
const MEMORY = "/dev/shm"
/** Of the folder of a run, before the id of its process. */
const PREFIX = "waybill-run-"
/** More than all tests together have at a time, in bytes. */
const ROOM = 4 * 1024 ** 3

/**
 * Before all tests of a run: gives them a temporary folder of their own, and builds the command line of these sources
 * there as it is shipped, which starts in a third of the time that the sources need.
 */
export default async function setUp(project: TestProject) {
  const place = (await hasRoom(MEMORY)) && (await runsPrograms(MEMORY)) ? MEMORY : tmpdir()
  await removeAbandoned(place)
  const folder = await mkdtemp(join(place, `${PREFIX}${process.pid}-`))
  // Tests run programs as other users, too.
  await chmod(folder, 0o711)
  process.env.TMPDIR = folder
  // Else each process of a test that reads sources would strip them of their types again, for half a second.
  process.env.NODE_COMPILE_CACHE = join(folder, "compiled")
  const dir = join(folder, "package", "dist", "cli")
  const bundle = async () => void (await build({ ...bundling, output: { ...bundling.output, dir } }))
  await bundle()
  await copyFile(new URL("../../package.json", import.meta.url), join(folder, "package", "package.json"))
  project.onTestsRerun(bundle)
  project.provide("program", join(dir, "main.js"))
  const killer = join(folder, "killer.mjs")
  await build({ input: KILLER, platform: "node", output: { file: killer } })
  project.provide("killer", killer)
  const seed = process.env.WAYBILL_TEST_SEED ?? randomBytes(4).toString("hex")
  console.log(`what is random in tests follows from a seed: WAYBILL_TEST_SEED=${seed} gives the same`)
  project.provide("seed", seed)
  const kills = process.env.WAYBILL_TEST_KILLS === "all" ? "all" : "some"
  console.log(`processes are killed at ${kills} of their moments: WAYBILL_TEST_KILLS=all kills them at each`)
  project.provide("kills", kills)
  // What its processes have compiled, they keep when they end.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 })
}

/** Removes what runs left that were killed: in memory nothing else would. */
async function removeAbandoned(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    if (pid > 0 && !isRunning(pid)) await rm(join(place, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !hasCode(error, "ESRCH")
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize >= ROOM
  } catch {
    return false
  }
}

/** Containers often may not run what lies there, and tests put programs into their folders. */
async function runsPrograms(folder: string): Promise<boolean> {
  const own = await mkdtemp(join(folder, "waybill-try-"))
  try {
    const program = join(own, "program")
    await writeFile(program, "#!/bin/sh\n", { mode: 0o755 })
    return spawnSync(program).status === 0
  } finally {
    await rm(own, { recursive: true })
  }
}
