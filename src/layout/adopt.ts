import type { Graph } from "../content/graph.ts"
import type { Digest } from "../oci/digest.ts"
import type { StoreFiles } from "./store-files.ts"

/** Gives a whole graph that lies in the store to a repository. What is not there does not hinder: it is missing. */
export function adoptGraph(store: StoreFiles, repository: string, graph: Graph): void {
  store.catalog.transaction(adoptionOf(store, repository, graph).adopt)
}

/** What has not been done yet. */
export interface Adoption {
  digests: Digest[]
  /** In a transaction of the caller. */
  adopt: () => void
}

export function adoptionOf(store: StoreFiles, repository: string, graph: Graph): Adoption {
  const { catalog, now } = store
  const documents = graph
    .documentsChildrenFirst()
    .map(({ descriptor, manifest }) => ({ descriptor, manifest }))
  const blobs = [...graph.configs, ...graph.layers].map(({ digest }) => digest)
  return {
    digests: [...documents.map(({ descriptor }) => descriptor.digest), ...blobs],
    adopt() {
      for (const { descriptor, manifest } of documents) {
        catalog.addManifest(repository, descriptor, manifest, now())
      }
      for (const digest of blobs) adoptBlob(store, repository, digest)
    },
  }
}

export function adoptBlob({ blobs, catalog, now }: StoreFiles, repository: string, digest: Digest): void {
  if (blobs.isFile(digest)) catalog.addBlob(repository, digest, now())
}
