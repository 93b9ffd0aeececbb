import type { LockPatience } from "../content/lock-wait.ts"
import type { BlobFiles } from "./blob-files.ts"
import type { Catalog } from "./catalog/catalog.ts"
import type { Ingest } from "./ingest.ts"
import type { Leases } from "./leases.ts"
import type { Tags } from "./tags.ts"
import type { UploadFiles } from "./upload-files.ts"

/** The parts of a content store, which its repositories share. */
export interface StoreFiles {
  root: string
  /** Held by whoever collects garbage. */
  lock: string
  patience: LockPatience
  blobs: BlobFiles
  catalog: Catalog
  ingest: Ingest
  leases: Leases
  tags: Tags
  uploads: UploadFiles
  /** In milliseconds since 1970. */
  now: () => number
}
