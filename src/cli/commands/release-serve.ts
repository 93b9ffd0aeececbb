import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { networkInterfaces } from "node:os"
import { bundleRepositories } from "../../bundle/served-bundle.ts"
import { openBundle } from "../../operations/open-bundle.ts"
import { closing } from "../closing.ts"
import { printTable } from "../format.ts"
import { listenOptions } from "../listen-options.ts"
import type { ListenOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { placeOf, pullCommand } from "../pull-commands.ts"

export async function releaseServe(file: string, options: ListenOptions, signal: AbortSignal): Promise<void> {
  const http = await listenOptions(options)
  const { startBundleServer } = await import("../../server/bundle-server.ts")
  await closing(await openBundle(file, { signal }), async (bundle) => {
    const repositories = bundleRepositories(bundle)
    const server = await startBundleServer({
      repositories,
      random: randomBytes,
      now: () => new Date(),
      ...http,
      log: (line) => {
        if (!options.quiet) process.stderr.write(`${JSON.stringify(line)}\n`)
      },
    })
    const place = placeOf(server.url, ownAddress())
    const references = repositories.map(({ name, tag, service, root }) => ({
      service: service ?? null,
      reference: `${place}/${name}:${tag}`,
      digest: root.digest,
    }))
    const rows = repositories.map((repository) => [
      repository.service ?? repository.name,
      pullCommand(repository, place, http.tls !== undefined),
    ])
    printResult(
      options,
      { url: server.url, images: references },
      printTable([["SERVICE", "PULL WITH"], ...rows]),
    )
    process.stderr.write(`listening on ${server.url}; anybody who reaches it may pull\n`)
    if (server.isInsecure) warn("there is no TLS: clients have to be told that this registry is insecure")
    if (!signal.aborted) await once(signal, "abort")
    await server.stop()
  })
}

/** The address that other machines may reach this one by. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? [])
  const found = all.find(({ family, internal }) => family === "IPv4" && !internal)
  return found?.address ?? "127.0.0.1"
}
