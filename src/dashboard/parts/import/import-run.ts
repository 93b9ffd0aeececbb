import { CallError } from "../../calls/problem.ts"
import { again } from "./again.ts"
import {
  type BegunImport,
  begunImports,
  forgetImport,
  type ImportNames,
  rememberImport,
} from "./begun-imports.ts"
import { cancelUpload, type MissingBlob, NoUploads, uploadBlob } from "./blob-upload.ts"
import { checkBundle, type ImportedRelease, recordBundle, sendWhole } from "./bundle-calls.ts"
import type { BundleHead } from "./bundle-head.ts"
import { checkSize, unreadable } from "./file-faults.ts"
import { Rate } from "./rate.ts"
import { RefusedBundle } from "./refused-bundle.ts"

/** How far an import is; numbers are bytes, and seconds. */
export type ImportState =
  | { phase: "checking" | "recording" | "cancelled"; waiting?: CallError | undefined }
  | {
      phase: "sending"
      sent: number
      total: number
      /** What the fleet had already. */
      wasThere: number
      rate: number | undefined
      left: number | undefined
      waiting?: CallError | undefined
    }
  | { phase: "done"; release: ImportedRelease }
  | { phase: "failed"; error: Error; canGoOn: boolean }

/** Blobs on their way at once: a browser opens six connections to a server, and the page needs some. */
const AT_ONCE = 3

/** Statuses that say that it is the bundle, or what it is to be called, that is wrong. */
const REFUSED: readonly number[] = [400, 409, 422]

/** One bundle on its way into one fleet. What is sent is remembered, so that another run goes on from there. */
export class ImportRun {
  readonly #slug: string
  readonly #head: BundleHead
  readonly #names: ImportNames
  readonly #abort = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #sent = new Map<string, number>()
  readonly #rate = new Rate()
  #uploads: Record<string, string>
  #state: ImportState = { phase: "checking" }

  constructor(slug: string, head: BundleHead, names: ImportNames) {
    this.#slug = slug
    this.#head = head
    this.#names = names
    this.#uploads = { ...begunImports(slug).find(({ digest }) => digest === head.digest)?.uploads }
    void this.#run()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly state = (): ImportState => this.#state

  /** Ends it; what was sent stays, so that it can go on. */
  pause(): void {
    this.#abort.abort(new Error("paused"))
  }

  /** Ends it: what was sent is given up, and nothing is recorded. */
  cancel(): void {
    this.#abort.abort(new Error("cancelled"))
    forgetImport(this.#slug, this.#head.digest)
    for (const location of Object.values(this.#uploads)) void cancelUpload(location)
    this.#set({ phase: "cancelled" })
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort
    try {
      this.#remember()
      const check = () => checkBundle(this.#slug, this.#head, this.#names, signal)
      const { missing, blobs, size, conflict } = await this.#again(check)
      if (conflict !== null) throw new CallError(conflict)
      checkSize(this.#head.file, size)
      const total = missing.reduce((sum, { size }) => sum + size, 0)
      this.#set({
        phase: "sending",
        sent: 0,
        total,
        wasThere: blobs.bytes - total,
        rate: undefined,
        left: undefined,
      })
      const release = await this.#bring(missing)
      forgetImport(this.#slug, this.#head.digest)
      this.#set({ phase: "done", release })
    } catch (error) {
      // The others of several uploads end with the one that failed.
      if (!signal.aborted) this.#fail(error as Error)
      this.#abort.abort(error)
    }
  }

  #fail(error: Error): void {
    const isRefused = error instanceof CallError && REFUSED.includes(error.status)
    // The same bytes are refused again.
    if (isRefused) forgetImport(this.#slug, this.#head.digest)
    this.#set({ phase: "failed", error, canGoOn: !isRefused && !(error instanceof RefusedBundle) })
  }

  async #bring(missing: readonly MissingBlob[]): Promise<ImportedRelease> {
    const { signal } = this.#abort
    try {
      const queue = [...missing]
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.#upload(queue)))
    } catch (error) {
      if (!(error instanceof NoUploads)) throw error
      const { size } = this.#head.file
      this.#sent.clear()
      this.#set({ phase: "sending", sent: 0, total: size, wasThere: 0, rate: undefined, left: undefined })
      return this.#again(() =>
        sendWhole(this.#slug, this.#head, this.#names, signal, (bytes) => this.#note("", bytes)),
      )
    }
    this.#set({ phase: "recording" })
    return this.#again(() => recordBundle(this.#slug, this.#head, this.#names, signal))
  }

  async #upload(queue: MissingBlob[]): Promise<void> {
    for (let blob = queue.shift(); blob !== undefined; blob = queue.shift()) {
      const { digest } = blob
      const present = blob
      await this.#again(() =>
        uploadBlob(present, this.#uploads[digest], (location) => this.#begun(digest, location), {
          file: this.#head.file,
          slug: this.#slug,
          signal: this.#abort.signal,
          onSent: (bytes) => this.#note(digest, bytes),
        }),
      )
      const { [digest]: _, ...others } = this.#uploads
      this.#uploads = others
      this.#note(digest, blob.size)
      this.#remember()
    }
  }

  #begun(digest: string, location: string): void {
    if (this.#uploads[digest] === location) return
    this.#uploads = { ...this.#uploads, [digest]: location }
    this.#remember()
  }

  #remember(): void {
    const { digest, file, version } = this.#head
    const { name, size } = file
    const begun: BegunImport = {
      digest,
      file: { name, size },
      version,
      names: this.#names,
      uploads: this.#uploads,
    }
    if (!this.#abort.signal.aborted) rememberImport(this.#slug, begun)
  }

  #again<Result>(work: () => Promise<Result>): Promise<Result> {
    const { file } = this.#head
    // What a browser cannot read looks like a server that is away.
    const readable = () =>
      work().catch(async (error: unknown) => Promise.reject((await unreadable(file)) ?? error))
    return again(readable, {
      signal: this.#abort.signal,
      progress: () => this.#bytes(),
      onWait: (waiting) => {
        if ("waiting" in this.#state || waiting !== undefined)
          this.#set({ ...this.#state, waiting } as ImportState)
      },
    })
  }

  #bytes(): number {
    return [...this.#sent.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  #note(digest: string, bytes: number): void {
    this.#sent.set(digest, bytes)
    if (this.#state.phase !== "sending") return
    const sent = this.#bytes()
    const rate = this.#rate.add(sent, performance.now())
    const left = rate === undefined || rate <= 0 ? undefined : (this.#state.total - sent) / rate
    this.#set({ ...this.#state, sent, rate, left })
  }

  #set(state: ImportState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
