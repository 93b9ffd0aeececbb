import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { promisify } from "node:util"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import type { Access } from "./switches.ts"

const WAYBILL = join(import.meta.dirname, "../../dist/waybill")

export interface Registry extends Access {
  close(): Promise<void>
}

/** `waybill serve` in an empty home, with two fleets to push to. */
export async function serveStore(home: string): Promise<Registry> {
  const env = { ...process.env, WAYBILL_HOME: home }
  for (const fleet of ["conformance/repo1", "conformance/repo2"]) {
    await promisify(execFile)(WAYBILL, ["fleet", "create", fleet], { env })
  }
  const child = spawn(WAYBILL, ["serve", "--listen", "127.0.0.1:0"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  const [host, password] = await Promise.all([
    lineOf(child, child.stderr, /^listening on http:\/\/([^\s;]+)/),
    lineOf(child, child.stdout, /^(wbt_\S+)$/),
  ])
  return { host, username: "ada", password, close: () => end(child) }
}

/** Makes a bundle of the sample application. */
export async function makeBundle(folder: string): Promise<string> {
  const { composeFile } = await makeSampleApplication(join(folder, "application"), { size: 1_000_000 })
  const env = { ...process.env, WAYBILL_HOME: join(folder, "builder") }
  const bundle = join(folder, "release.tar")
  for (const line of [
    ["fleet", "create", "acme/edge"],
    ["release", "create", "acme/edge", "-f", composeFile, "--version", "1.2.3"],
    ["release", "export", "acme/edge", "-o", bundle],
  ]) {
    await promisify(execFile)(WAYBILL, line, { env })
  }
  return bundle
}

/** `waybill release serve` of a bundle, which needs no home. */
export async function serveBundle(bundle: string): Promise<Registry> {
  const child = spawn(WAYBILL, ["release", "serve", bundle, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  child.stdout.resume()
  const host = await lineOf(child, child.stderr, /^listening on http:\/\/([^\s;]+)/)
  return { host, close: () => end(child) }
}

/** What a line of its output holds; fails with all of that when the process ends before. */
async function lineOf(child: ChildProcess, stream: Readable, pattern: RegExp): Promise<string> {
  const seen: string[] = []
  return new Promise((resolve, reject) => {
    child.once("error", reject)
    createInterface({ input: stream })
      .on("line", (line) => {
        seen.push(line)
        const found = pattern.exec(line)?.[1]
        if (found !== undefined) resolve(found)
      })
      .on("close", () => reject(new Error(`${child.spawnargs.join(" ")} ended:\n${seen.join("\n")}`)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  await ended
}
