import { ContentError } from "../content/content-error.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { type Descriptor, descriptorSchema, plainDescriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import type { Catalog } from "./catalog/catalog.ts"
import { refName } from "./index-file/index-file.ts"
import type { IndexWriter } from "./index-file/index-writer.ts"

/** How many tags there may be. */
export interface TagLimits {
  /** In one repository. Default 100,000. */
  repository?: number | undefined
  /** In all repositories of one organization, the first part of their names. Default 250,000. */
  organization?: number | undefined
}

const LIMITS = { repository: 100_000, organization: 250_000 }

/** The tags of a content store: rows of the catalog, from which `index.json` follows. */
export class Tags {
  readonly #catalog: Catalog
  readonly #index: IndexWriter
  readonly #limits: typeof LIMITS

  constructor(catalog: Catalog, index: IndexWriter, { repository, organization }: TagLimits = {}) {
    this.#catalog = catalog
    this.#index = index
    this.#limits = {
      repository: repository ?? LIMITS.repository,
      organization: organization ?? LIMITS.organization,
    }
  }

  /** What a tag points to. One that nobody knows may have been written into `index.json` by another tool since. */
  async find(repository: string, tag: string): Promise<Descriptor | undefined> {
    const found = this.peek(repository, tag)
    if (found !== undefined) return found
    return (await this.refresh()) ? this.peek(repository, tag) : undefined
  }

  /** Takes in what another tool has written into `index.json` since. Gives whether there was anything. */
  refresh(): Promise<boolean> {
    return this.#index.takeIn()
  }

  /** In order of their bytes. */
  async list(repository: string, after = "", limit = -1): Promise<string[]> {
    await this.refresh()
    return this.#catalog.tags.list(repository, after, limit)
  }

  /** All that `index.json` has, by the names that it has there. */
  listAll(): { name: string; descriptor: Descriptor }[] {
    const tags = this.#catalog.tags
      .page({ repository: "", tag: "" }, -1)
      .map(({ repository, tag, entry }) => ({ name: `${repository}:${tag}`, descriptor: parseEntry(entry) }))
    const others = this.#catalog.index.listOthers().map((entry) => {
      const descriptor = descriptorSchema.parse(JSON.parse(entry))
      return { name: refName(descriptor) ?? descriptor.digest, descriptor }
    })
    return [...others, ...tags]
  }

  /** Changes tags in one transaction, and lets `index.json` follow. */
  async change<Result>(work: () => Result, options?: OperationOptions): Promise<Result> {
    const result = await this.#catalog.transaction(work, options)
    this.#index.follow()
    return result
  }

  /** Points a tag at content, in a transaction of `change`. Throws `TAG_LIMIT`. */
  put(repository: string, tag: string, { mediaType, digest, size }: Descriptor): void {
    this.#catalog.departing.remove(repository, tag)
    const before = this.peek(repository, tag)
    if (before?.digest === digest && before.mediaType === mediaType) return
    if (before === undefined) this.checkRoom(repository, 1)
    this.#catalog.tags.put(repository, tag, digest, JSON.stringify({ mediaType, digest, size }))
  }

  /** Takes a tag away, in a transaction of `change`; where `digest` is given, unless it points to something else. */
  remove(repository: string, tag: string, digest?: Digest): boolean {
    const found = this.peek(repository, tag)
    if (found === undefined || (digest !== undefined && found.digest !== digest)) return false
    this.#catalog.tags.remove(repository, tag)
    return true
  }

  /** Takes all tags of a manifest away, in a transaction of `change`. */
  removeAllOf(repository: string, digest: Digest): void {
    this.#catalog.tags.removeAllOf(repository, digest)
  }

  /** Notes in a transaction that tags go as soon as what needs `root` does; one that is set again meanwhile stays. */
  announceRemoval(repository: string, root: Digest, tags: ReadonlyMap<string, Descriptor>): void {
    for (const [tag, { digest }] of tags) {
      this.#catalog.departing.add(repository, root, { tag, digest })
    }
  }

  /** Takes back what was announced, in a transaction. */
  withdrawRemoval(repository: string, root: Digest): void {
    this.#catalog.departing.removeAllOf(repository, root)
  }

  /** Of which removals were announced and are not done. */
  listDepartingRoots(): { repository: string; root: Digest }[] {
    return this.#catalog.departing.listRoots()
  }

  /** Takes away what was announced, in a transaction of `change`. */
  finishRemoval(repository: string, root: Digest): void {
    for (const { tag, digest } of this.#catalog.departing.list(repository, root))
      this.remove(repository, tag, digest)
    this.withdrawRemoval(repository, root)
  }

  /** Throws `TAG_LIMIT` where a repository or its organization cannot have so many more tags. */
  checkRoom(repository: string, count: number): void {
    const refuse = (what: string, limit: number) => {
      throw new ContentError("TAG_LIMIT", `${what} has as many tags as it may have: ${limit}`, {
        hint: "remove releases or tags that nobody needs; to keep more, give the fleet a registry of its own",
      })
    }
    const { repository: inRepository, organization: inOrganization } = this.#catalog.tags.count(repository)
    if (inRepository + count > this.#limits.repository) refuse(repository, this.#limits.repository)
    if (inOrganization + count > this.#limits.organization) {
      refuse(`the organization of ${repository}`, this.#limits.organization)
    }
  }

  /** What a tag points to in the catalog, at once. */
  peek(repository: string, tag: string): Descriptor | undefined {
    const entry = this.#catalog.tags.find(repository, tag)
    return entry === undefined ? undefined : parseEntry(entry)
  }
}

function parseEntry(entry: string): Descriptor {
  return plainDescriptor(descriptorSchema.parse(JSON.parse(entry)))
}
