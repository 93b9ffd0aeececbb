import type { OperationOptions } from "../content/interfaces.ts"

/** A blob on its way through a server to the registry of a fleet. */
export interface PassedOnUpload {
  /** A UUID, which is all that its sender sees of it. */
  id: string
  /** The id of the fleet. */
  fleet: number
  /** Where the registry takes the rest of it. */
  location: string
}

/** Uploads that are passed on: kept where each server of several finds them. */
export interface UploadStore {
  /** Notes an upload, or where it has moved to. Forgets those of the same fleet that have not moved for a week. */
  put(upload: PassedOnUpload, options: OperationOptions & { now: Date }): Promise<void>
  /** `undefined` for one that is not there, or is of another fleet. */
  find(id: string, fleet: number, options?: OperationOptions): Promise<PassedOnUpload | undefined>
  remove(id: string, options?: OperationOptions): Promise<void>
}
