import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

export const ROOT = join(import.meta.dirname, "../..")

/** Where `make package` leaves what it makes. */
export const RELEASE = join(ROOT, "dist/release")

export const VERSION: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version

/** The package for a machine, without its ending: also the folder in it. */
export function packageName(machine: "x64" | "arm64"): string {
  return `waybill-${VERSION}-linux-${machine}`
}

/** The package for this machine. */
export const PACKAGE = packageName(process.arch === "arm64" ? "arm64" : "x64")

/** Runs a program that has to succeed, with an empty environment but for `env`, and returns its standard output. */
export async function runBare(file: string, words: string[], env: Record<string, string> = {}) {
  const { stdout } = await promisify(execFile)(file, words, { env, cwd: "/", maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** Unpacks the package of this machine in a folder, and returns the folder that was in it. */
export async function unpack(folder: string): Promise<string> {
  await runBare("tar", ["-xzf", join(RELEASE, `${PACKAGE}.tar.gz`), "-C", folder])
  return join(folder, PACKAGE)
}
