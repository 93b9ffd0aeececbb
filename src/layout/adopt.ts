import type { Graph } from "../content/graph.ts"
import type { StoreFiles } from "./store-files.ts"

/** Gives a whole graph that lies in the store to a repository. What is not there does not hinder: it is missing. */
export function adoptGraph({ blobs, catalog, now }: StoreFiles, repository: string, graph: Graph): void {
  catalog.transaction(() => {
    for (const { descriptor, manifest } of graph.documentsChildrenFirst()) {
      catalog.addManifest(repository, descriptor, manifest, now())
    }
    for (const { digest } of [...graph.configs, ...graph.layers]) {
      if (blobs.isFile(digest)) catalog.addBlob(repository, digest, now())
    }
  })
}
