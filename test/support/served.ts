import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import type { Machine, Running } from "./cli.ts"

export interface Served extends Running {
  url: string
}

/** Starts `waybill serve` on a machine where it ran before, and waits until it listens. It ends with the test. */
export async function serveAgain(
  machine: Machine,
  words = "",
  env: Record<string, string> = {},
): Promise<Served> {
  const running = machine.start(`serve --listen 127.0.0.1:0 ${words}`, { env })
  return { ...running, url: await matchOf(running, "stderr", /^listening on (\S+)$/) }
}

/** The same of a first start, with the administrator's token that it prints. */
export async function serve(
  machine: Machine,
  words = "",
  env: Record<string, string> = {},
): Promise<Served & { token: string }> {
  const running = machine.start(`serve --listen 127.0.0.1:0 ${words}`, { env })
  const [url, token] = await Promise.all([
    matchOf(running, "stderr", /^listening on (\S+)$/),
    matchOf(running, "stdout", /^(wbt_\S+)$/),
  ])
  return { ...running, url, token }
}

interface ServedBundle extends Served {
  host: string
  /** That it prints, to copy the whole release. */
  command: string
}

/** Starts `waybill release serve` of a bundle, until the test ends. */
export async function serveBundle(
  machine: Machine,
  file: string,
  env: Record<string, string> = {},
): Promise<ServedBundle> {
  const running = machine.start(["release", "serve", file, "--listen", "127.0.0.1:0"], { env })
  const [url, command] = await Promise.all([
    matchOf(running, "stderr", /^listening on ([^\s;]+)/),
    matchOf(running, "stdout", /^release +(.+)$/),
  ])
  return { ...running, url, host: new URL(url).host, command }
}

/** What a line of its output holds; fails with all of it when the process ends before. */
async function matchOf(running: Running, name: "stdout" | "stderr", pattern: RegExp): Promise<string> {
  const stream: Readable | null = running.process[name]
  if (stream === null) throw new Error("its output is not piped")
  return new Promise((resolve, reject) => {
    createInterface({ input: stream }).on("line", (line) => {
      const found = pattern.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
    void running.outcome.then(({ stderr }) => reject(new Error(`waybill ended:\n${stderr}`)))
  })
}
