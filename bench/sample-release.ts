import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { LayoutWriter } from "../fixtures/images.ts"

const LAYER_SIZE = 42_000_000
export const SERVICES = ["api", "db", "web", "worker"] as const

/**
 * Writes a release of four services: two layers that all share, and `own` layers of each. Layers are gzip members, so
 * that no tool packs them again. With 4 to 5 own layers that are 20 layers and 0.84 GB; 1.1 GB if nothing were shared.
 */
export async function makeRelease(folder: string, own: readonly number[]): Promise<void> {
  const layout = await LayoutWriter.create(join(folder, "images"))
  const layer = (name: string) =>
    layout.packedLayer("gzip", name, [{ path: `${name}.bin`, content: { size: LAYER_SIZE } }])
  const shared = [await layer("base"), await layer("runtime")]
  for (const [at, service] of SERVICES.entries()) {
    const layers = [...shared]
    for (let count = 0; count < (own[at] ?? 0); count++) layers.push(await layer(`${service}-${count}`))
    await layout.name(service, await layout.image({ layers }))
  }
  const services = SERVICES.map((service) => `  ${service}:\n    image: oci:images:${service}\n`).join("")
  await writeFile(join(folder, "compose.yml"), `services:\n${services}`)
}
