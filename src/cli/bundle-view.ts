import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { sumOfSizes } from "../content/copy.ts"
import type { Graph } from "../content/graph.ts"
import { visible } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { successors } from "../oci/manifest.ts"
import { printPlatform } from "../oci/platform.ts"
import { printBytes, shortDigest, styled, type TreeNode } from "./format.ts"

/** What a bundle holds, for the eye: its services, their platforms, and which layers they share. */
export function bundleTree(file: string, plan: BundlePlan): TreeNode {
  const { release, manifest, services, graph } = plan
  const uses = layerUses(graph)
  const shown = new Set<Digest>()
  return {
    text: `${styled("bold", visible(file))}  ${printBytes(plan.size)}, ${plan.files.length} entries`,
    children: [
      {
        text: `release ${styled("bold", manifest.semver)}${plan.isDraft ? ", a draft" : ""}  ${release.digest}`,
        children: [
          { text: `commit ${manifest.commit}, created ${manifest.createdAt}` },
          ...(manifest.note === undefined ? [] : [{ text: `note "${visible(manifest.note)}"` }]),
          ...Object.entries(manifest.tags).map(([key, value]) => ({ text: visible(`tag ${key}=${value}`) })),
        ],
      },
      ...services.map(({ service, image }) => imageNode(styled("bold", service), image, graph, uses, shown)),
    ],
  }
}

function imageNode(
  label: string,
  image: Descriptor,
  graph: Graph,
  uses: ReadonlyMap<Digest, number>,
  shown: Set<Digest>,
): TreeNode {
  // Indexes that name one another twice, forty deep, would fill the disk.
  if (shown.has(image.digest)) return { text: `${label}  ${image.digest}  ${styled("dim", "as above")}` }
  shown.add(image.digest)
  const { manifest } = graph.document(image.digest)
  if (manifest.kind === "index") {
    return {
      text: `${label}  ${image.digest}`,
      children: manifest.manifests.map((child) =>
        imageNode(
          child.platform ? visible(printPlatform(child.platform)) : "image",
          child,
          graph,
          uses,
          shown,
        ),
      ),
    }
  }
  const layers = manifest.layers.map(({ digest, size }) => {
    const count = uses.get(digest) ?? 1
    const shared = count > 1 ? `  ${styled("dim", `shared by ${count} images`)}` : ""
    return { text: `layer ${shortDigest(digest)}  ${printBytes(size)}${shared}` }
  })
  return {
    text: `${label}  ${image.digest}  ${printBytes(sumOfSizes(successors(manifest)))}`,
    children: layers,
  }
}

function layerUses(graph: Graph): Map<Digest, number> {
  const uses = new Map<Digest, number>()
  for (const { digest } of graph.manifests) {
    const { manifest } = graph.document(digest)
    const layers = manifest.kind === "manifest" ? manifest.layers : []
    for (const layer of new Set(layers.map((each) => each.digest)))
      uses.set(layer, (uses.get(layer) ?? 0) + 1)
  }
  return uses
}
