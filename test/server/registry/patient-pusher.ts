import type { Client } from "./client.ts"
import { type Content, contentOf } from "./images.ts"

/** Gives the client of the server that runs now, waiting for the next one where none does. */
export type Connect = () => Promise<Client>

/** Pushes what servers that are killed meanwhile leave undone: uploads go on where they were, the rest is sent again. */
export class PatientPusher {
  readonly #connect: Connect
  readonly #repository: string

  constructor(connect: Connect, repository: string) {
    this.#connect = connect
    this.#repository = repository
  }

  /** Sends a request until it is answered by some server. */
  async ask(...question: Parameters<Client["ask"]>): Promise<Awaited<ReturnType<Client["ask"]>>> {
    while (true) {
      const client = await this.#connect()
      // Whatever is wrong with a connection, the next server is asked.
      const answer = await client.ask(...question).catch(() => undefined)
      if (answer === undefined) continue
      if (answer.status >= 500) throw new Error(`${question[0]} ${question[1]}: ${answer.text}`)
      return answer
    }
  }

  async pushBlob({ bytes, digest }: Content): Promise<void> {
    const path = `/v2/${this.#repository}/blobs/${digest}`
    while ((await this.ask("HEAD", path)).status !== 200) {
      const begun = await this.ask("POST", `/v2/${this.#repository}/blobs/uploads/`)
      await this.#finish(begun.headers.get("location") ?? "", bytes, digest)
    }
  }

  /** Sends the parts of an upload, in no more order than its state asks for, until it is closed or gone. */
  async #finish(place: string, bytes: Buffer, digest: string): Promise<void> {
    const half = Math.ceil(bytes.length / 2)
    while (true) {
      const state = await this.ask("GET", place)
      // It may have been closed, and the answer lost.
      if (state.status === 404) return
      const last = Number(state.headers.get("range")?.slice(2))
      const start = last === 0 ? 0 : last + 1
      if (start < bytes.length) {
        const end = start < half ? half : bytes.length
        await this.ask("PATCH", place, {
          body: bytes.subarray(start, end),
          headers: { "content-range": `${start}-${end - 1}` },
        })
        continue
      }
      const { status } = await this.ask("PUT", `${place}?digest=${digest}`)
      if (status === 201) return
      if (status !== 404) throw new Error(`closing ${place} was answered with ${status}`)
    }
  }

  async pushManifest(manifest: Content, reference: string = manifest.digest): Promise<void> {
    const { status, text } = await this.ask("PUT", `/v2/${this.#repository}/manifests/${reference}`, {
      body: manifest.bytes,
      headers: { "content-type": manifest.mediaType },
    })
    if (status !== 201) throw new Error(`${reference}: ${text}`)
  }
}

/** Bytes that are like no others. */
export function blobOf(name: string, size: number): Content {
  return contentOf(Buffer.alloc(size, `${name} `))
}
