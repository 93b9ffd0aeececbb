import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Layer, LayoutWriter } from "../fixtures/images.ts"
import type { Descriptor } from "../src/oci/descriptor.ts"

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

/** Writes an image of 1 GB and eight layers, which is named `image`. Gives the layout's folder and the layers. */
export async function makeImage(folder: string): Promise<{ layout: string; layers: Descriptor[] }> {
  const layout = await LayoutWriter.create(folder)
  const layers: Layer[] = []
  for (let at = 0; at < 8; at++) {
    const content = { size: 125_000_000 }
    layers.push(await layout.packedLayer("gzip", `layer-${at}`, [{ path: `${at}.bin`, content }]))
  }
  await layout.name("image", await layout.image({ layers }))
  return { layout: folder, layers: layers.map(({ descriptor }) => descriptor) }
}
