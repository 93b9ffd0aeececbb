import type {
  NewManifest,
  ServedRepository,
  Upload,
  WritableRepository,
} from "../content/registry-storage.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import type { Home } from "../operations/home.ts"
import { fleetRepository } from "../operations/mount-source.ts"
import { RegistryError } from "../registry/registry-error.ts"
import type { UploadSession } from "../registry/upload-session.ts"
import { RegistryRefusal } from "./registry/registry-refusal.ts"

const OCTETS = "application/octet-stream"

/** A fleet that keeps its images in a registry. */
export type RegistryFleet = Fleet & { registry: string }

/** What is said of a fleet whose images are elsewhere. */
export function keptElsewhere(fleet: RegistryFleet): RegistryRefusal {
  const { registry, repository } = fleetRepository(fleet)
  return new RegistryRefusal("NAME_UNKNOWN", `${fleet.slug} keeps its images at ${registry}/${repository}`)
}

/**
 * The repository of a fleet in its registry, for those who import and cannot reach that: blobs are taken, and passed on as they come, with the
 * server's own login. Nothing else is: pulls go to the registry itself, and manifests come with the release. Where the registry takes an upload
 * stands in the database, so that every server of several can go on with it, and a client can name no other place.
 */
export class PassedOnRepository implements WritableRepository {
  readonly #home: Home
  readonly #fleet: RegistryFleet

  constructor(home: Home, fleet: RegistryFleet) {
    this.#home = home
    this.#fleet = fleet
  }

  async claimBlob(digest: Digest): Promise<Descriptor | undefined> {
    const repository = await this.#repository()
    const size = await repository.sizeOf(digest).catch(refuse)
    return size === undefined ? undefined : { mediaType: OCTETS, digest, size }
  }

  async beginUpload(id: string): Promise<Upload> {
    const repository = await this.#repository()
    const session = await repository.openUpload().catch(refuse)
    await this.#note(id, session)
    return this.#upload(id, session, 0)
  }

  async findUpload(id: string): Promise<Upload | undefined> {
    const found = await this.#home.database.uploads.find(id, this.#fleet.id)
    if (found === undefined) return undefined
    const repository = await this.#repository()
    const session = await repository.openUpload(new URL(found.location))
    const stored = await session.stored().catch(refuse)
    if (stored !== undefined) return this.#upload(id, session, stored)
    await this.#home.database.uploads.remove(id)
    return undefined
  }

  async holders(): Promise<string[]> {
    return []
  }

  async mountBlob(): Promise<boolean> {
    return false
  }

  #upload(id: string, session: UploadSession, stored: number): Upload {
    let size = stored
    const { uploads } = this.#home.database
    return {
      id,
      get size() {
        return size
      },
      append: async (chunks, length) => {
        if (length === undefined) {
          throw new RegistryRefusal("SIZE_INVALID", "the length of what is sent has to be said before", {
            status: 411,
            hint: "send it with a Content-Length",
          })
        }
        if (length === 0) return
        await session.append({ offset: size, length, bytes: chunks }).catch(refuse)
        size += length
        await this.#note(id, session)
      },
      commit: async (digest) => {
        await session.finish({ mediaType: OCTETS, digest, size }, undefined).catch(refuse)
        await uploads.remove(id)
      },
      cancel: async () => {
        await session.cancel()
        await uploads.remove(id)
      },
    }
  }

  async #repository() {
    const { registry, repository } = fleetRepository(this.#fleet)
    return (await this.#home.registries()).repository(registry, repository)
  }

  async #note(id: string, { location }: UploadSession): Promise<void> {
    const { database, now } = this.#home
    await database.uploads.put({ id, fleet: this.#fleet.id, location: location.href }, { now: now() })
  }

  open(): ReturnType<ServedRepository["open"]> {
    throw keptElsewhere(this.#fleet)
  }

  async findManifest(): Promise<undefined> {
    throw keptElsewhere(this.#fleet)
  }

  async findBlob(): Promise<undefined> {
    throw keptElsewhere(this.#fleet)
  }

  async listTags(): Promise<string[]> {
    throw keptElsewhere(this.#fleet)
  }

  listReferrers(): AsyncIterable<Descriptor> {
    throw keptElsewhere(this.#fleet)
  }

  async reaches(): Promise<boolean> {
    throw keptElsewhere(this.#fleet)
  }

  async claimManifest(): Promise<undefined> {
    throw keptElsewhere(this.#fleet)
  }

  async putManifest(_: NewManifest): Promise<void> {
    throw keptElsewhere(this.#fleet)
  }

  async rootOf(): Promise<Digest> {
    throw keptElsewhere(this.#fleet)
  }

  async removeManifest(): Promise<boolean> {
    throw keptElsewhere(this.#fleet)
  }

  async removeTag(): Promise<boolean> {
    throw keptElsewhere(this.#fleet)
  }

  async removeBlob(): Promise<boolean> {
    throw keptElsewhere(this.#fleet)
  }
}

/** Says what is wrong with the registry behind this one without its own words, which may tell of the server's login. */
function refuse(error: unknown): never {
  if (!(error instanceof RegistryError)) throw error
  if (hasCode(error, "DIGEST_INVALID")) {
    throw new RegistryRefusal("DIGEST_INVALID", "the content has another digest", { cause: error })
  }
  throw new RegistryRefusal(
    "UNAVAILABLE",
    `the fleet's registry does not do what it is asked: ${error.code}`,
    {
      status: 502,
      hint: "try again; if it stays so, whoever runs the server finds the reason in its log",
      cause: error,
    },
  )
}
