import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { ContentError } from "../content/content-error.ts"
import { Instance, isInstanceAlive, removeDeadInstance } from "../content/instance.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Digest } from "../oci/digest.ts"
import type { Catalog } from "./catalog/catalog.ts"
import { CLAIM_STEP } from "./catalog/content-rows.ts"
import type { LeaseKind, LeaseRow } from "./catalog/lease-rows.ts"

/** In milliseconds: how often a process says that it still needs what it holds. */
const RENEWAL = 60_000
/** One that has not said so for so long has ended, even where it cannot be asked after. */
const LONGEST_SILENCE = 24 * 60 * 60 * 1000

/** What ends when it is disposed of, or when its process does. */
export interface Lease extends AsyncDisposable {
  end(): Promise<void>
}

/**
 * What running processes rely on. A lease is a row in the catalog; its holder is an instance whose lock anybody can
 * test, and which renews it: it ends with its process, and also with one that is silent for a day.
 */
export class Leases {
  readonly #folder: string
  readonly #catalog: Catalog
  readonly #now: () => number
  readonly #own = new Set<string>()
  /** Whose end could not be noted. */
  readonly #unended = new Map<string, LeaseKind>()
  /** What is left of removals, each until it has worked. */
  readonly #unfinished = new Set<() => Promise<void>>()
  #counter = 0
  #instance: Promise<Instance> | undefined
  #renewal: NodeJS.Timeout | undefined

  constructor({ folder, catalog, now }: { folder: string; catalog: Catalog; now: () => number }) {
    this.#folder = folder
    this.#catalog = catalog
    this.#now = now
  }

  /** As which this process holds things here. */
  async holder(): Promise<string> {
    this.#instance ??= Instance.begin((id) => this.#lockOf(id)).catch((error: unknown) => {
      this.#instance = undefined
      throw error
    })
    return (await this.#instance).id
  }

  isAlive(holder: string): boolean {
    return isInstanceAlive(this.#lockOf(holder))
  }

  /** Keeps what a repository gets from now on. Throws `CONTENT_IN_USE` while the repository is being removed. */
  keepPushes(repository: string, options?: OperationOptions): Promise<Lease> {
    return this.#begin("push", repository, [], options, () => this.#refuseRemoved(repository, []))
  }

  /** Keeps content in its repository until a release is recorded. Throws `CONTENT_IN_USE` while any of it is being removed. */
  keepForRecording(
    repository: string,
    digests: readonly Digest[],
    options?: OperationOptions,
  ): Promise<Lease> {
    return this.#begin("recording", repository, digests, options, () =>
      this.#refuseRemoved(repository, digests),
    )
  }

  /** Announces that content leaves a repository. Throws `CONTENT_IN_USE` while a release that needs it is being recorded. */
  announceRemoval(repository: string, digest: Digest): Promise<Lease> {
    return this.#begin("removal", repository, [digest], {}, () => {
      for (const { id } of this.#living("recording", repository)) {
        if (!this.#catalog.leases.digestsOf(id).some((root) => this.#catalog.needs.reaches(root, digest)))
          continue
        throw new ContentError("CONTENT_IN_USE", `a release that needs ${digest} is being recorded`, {
          hint: "try again; while that release is there, it cannot be removed",
        })
      }
    })
  }

  /** Announces that a repository goes with all that is in it. Throws `CONTENT_IN_USE` while somebody pushes to it. */
  announceRepositoryRemoval(repository: string): Promise<Lease> {
    return this.#begin("removal", repository, [], {}, () => {
      const [other] = [...this.#living("recording", repository), ...this.#living("push", repository)]
      if (other === undefined) return
      throw new ContentError("CONTENT_IN_USE", `a release is being imported into ${repository}`, {
        hint: "wait until that is done, then try again",
      })
    })
  }

  /** Notes that garbage is being collected, and forgets what has ended. One collector at a time does this. */
  async beginCollection(): Promise<Lease> {
    const dead = this.#deadHolders()
    await this.#removeDeadLocks()
    return this.#begin("collection", "", [], {}, () => {
      this.#catalog.leases.forgetEnded(this.#now() - LONGEST_SILENCE)
      for (const holder of dead) this.#catalog.leases.forgetHolder(holder)
    })
  }

  /**
   * Does what is left of a removal that cannot be taken back any more: now or, where that fails, as on a full disk, as soon
   * as it works. Where this process ends before, the next collection does it: `finish` calls `forgetRemoval`.
   */
  async finishRemoval(finish: () => Promise<void>): Promise<void> {
    this.#unfinished.add(finish)
    await this.#finishRemovals()
  }

  async #finishRemovals(): Promise<void> {
    for (const finish of this.#unfinished) {
      await finish().then(
        () => this.#unfinished.delete(finish),
        () => undefined,
      )
    }
  }

  /** In a transaction of the caller. Throws `CONTENT_IN_USE` while the repository is being removed. */
  refuseRemoved(repository: string): void {
    this.#refuseRemoved(repository, [])
  }

  /** Repositories whose removal a kill cut off: whether what had them is gone as well, the caller finds out. */
  listUnfinishedRemovals(): string[] {
    const dead = new Set(this.#deadHolders())
    return this.#catalog.leases
      .listRepositoryRemovals()
      .filter(({ holder }) => dead.has(holder))
      .map(({ repository }) => repository)
  }

  /** In a transaction of the caller. */
  forgetRemoval(repository: string): void {
    this.#catalog.leases.forgetRepositoryRemoval(repository)
  }

  #deadHolders(): string[] {
    return this.#catalog.leases.listHolders().filter((holder) => !this.isAlive(holder))
  }

  /** Ends all that this one holds. Of removals that are not finished a collection learns by their leases. */
  async close(): Promise<void> {
    clearInterval(this.#renewal)
    const instance = await this.#instance?.catch(() => undefined)
    if (instance === undefined) return
    try {
      if (this.#own.size + this.#unended.size > 0) {
        await this.#catalog.note(() => this.#catalog.leases.forgetHolder(instance.id))
      }
    } finally {
      await instance.end()
    }
  }

  async #begin(
    kind: LeaseKind,
    repository: string,
    digests: readonly Digest[],
    options: OperationOptions = {},
    check: () => void,
  ): Promise<Lease> {
    const holder = await this.holder()
    const id = `${holder}.${++this.#counter}`
    await this.#catalog.transaction(() => {
      check()
      const now = this.#now()
      const row = { id, kind, repository, holder, since: now - CLAIM_STEP, seen_at: now }
      this.#catalog.leases.add(row, digests)
    }, options)
    this.#own.add(id)
    this.#renewal ??= setInterval(() => void this.#renew(), RENEWAL).unref()
    const end = () => this.#end(id, kind)
    return { end, [Symbol.asyncDispose]: end }
  }

  /** What cannot be noted now, as on a full disk, is later: it must not hide what went wrong before. */
  async #end(id: string, kind: LeaseKind): Promise<void> {
    if (!this.#own.delete(id)) return
    await this.#catalog
      .note(() => this.#catalog.leases.end(id, kind))
      .catch(() => {
        this.#unended.set(id, kind)
      })
  }

  async #renew(): Promise<void> {
    await this.#finishRemovals()
    if (this.#own.size + this.#unended.size === 0) return
    const ended = [...this.#unended]
    await this.#catalog
      .note(() => {
        for (const [id, kind] of ended) this.#catalog.leases.end(id, kind)
        for (const id of this.#own) this.#catalog.leases.renew(id, this.#now())
      })
      .then(() => {
        for (const [id] of ended) this.#unended.delete(id)
      })
      // What fails now may work the next time, long before it counts.
      .catch(() => undefined)
  }

  async #removeDeadLocks(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [])
    for (const name of names) await removeDeadInstance(join(this.#folder, name))
  }

  /** Of a kind in a repository, those whose process lives. */
  #living(kind: LeaseKind, repository: string): LeaseRow[] {
    return this.#catalog.leases
      .list(kind, repository, this.#now() - LONGEST_SILENCE)
      .filter(({ holder }) => this.isAlive(holder))
  }

  #refuseRemoved(repository: string, digests: readonly Digest[]): void {
    for (const { id } of this.#living("removal", repository)) {
      const removed = this.#catalog.leases.digestsOf(id)
      const isHit =
        removed.length === 0 ||
        removed.some((digest) => digests.some((root) => this.#catalog.needs.reaches(root, digest)))
      if (!isHit) continue
      const what = removed[0] === undefined ? repository : `${removed[0]} of ${repository}`
      throw new ContentError("CONTENT_IN_USE", `${what} is being removed at this moment`, {
        hint: "try again",
      })
    }
  }

  #lockOf(id: string): string {
    return join(this.#folder, `${id}.lock`)
  }
}
