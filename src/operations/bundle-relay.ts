import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { RegistryError } from "../registry/registry-error.ts"
import type { Context } from "./context.ts"
import type { ImportOptions, ImportRequest, ImportResult } from "./import-release.ts"
import { fleetRepository } from "./mount-source.ts"
import { probeRegistry } from "./probe-registry.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/** A server that reads and brings the content of fleets for whoever cannot reach their registries. */
export interface BundleRelay {
  /** The bytes of a release's bundle. What breaks off goes on from the byte that it reached. */
  download(release: SuccessfulRelease, options?: OperationOptions): AsyncIterable<Uint8Array>
  /** Imports a file or a pipe as `importRelease` does. Of a file it sends what the fleet lacks, of a pipe everything. */
  importBundle(
    request: ImportRequest & { bundle: string | AsyncIterable<Uint8Array> },
    options: ImportOptions,
  ): Promise<ImportResult>
}

export interface RelayOptions extends OperationOptions {
  /** Hears why a bundle goes through the server, where it does: what came of asking the fleet's registry from here. */
  onRelay?: ((reason: RegistryError) => void) | undefined
}

/** The relay of a context, where it has one and the fleet's registry cannot be used from here, which is found out by asking it. */
export async function neededRelay(
  context: Pick<Context, "relay" | "registries">,
  { slug, registry }: Fleet,
  { signal, onRelay }: RelayOptions,
): Promise<BundleRelay | undefined> {
  const { relay } = context
  if (relay === undefined || registry === null) return undefined
  try {
    await probeRegistry(await context.registries(), fleetRepository({ slug, registry }), signal)
    return undefined
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    onRelay?.(error)
    return relay
  }
}
