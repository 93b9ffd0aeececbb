import type { Descriptor } from "../../../src/oci/descriptor.ts"
import { type Digest, digestOf } from "../../../src/oci/digest.ts"
import type { Content } from "./images.ts"

interface Answer {
  status: number
  headers: Headers
  bytes: Buffer
  text: string
  /** Of the specification's error document. */
  code: string | undefined
}

interface Question {
  body?: Uint8Array | string | ReadableStream | undefined
  headers?: Record<string, string> | undefined
}

/** Asks a registry as somebody, and takes nothing on trust. */
export class Client {
  readonly url: string
  readonly authorization: string | undefined

  constructor(url: string, authorization?: string) {
    this.url = url
    this.authorization = authorization
  }

  async ask(method: string, path: string, { body, headers = {} }: Question = {}): Promise<Answer> {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: { ...(this.authorization !== undefined && { authorization: this.authorization }), ...headers },
      ...(body !== undefined && { body, duplex: "half" }),
    } as RequestInit)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const { status, headers: answered } = answer
    const text = bytes.toString()
    return { status, headers: answered, bytes, text, code: codeOf(answered, text) }
  }

  /** The same for what has to succeed. */
  async get(path: string, question: Question & { method?: string } = {}): Promise<Answer> {
    const answer = await this.ask(question.method ?? "GET", path, question)
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  /** Begins an upload, and gives its place. */
  async begin(repository: string, query = ""): Promise<string> {
    const { headers } = await this.get(`/v2/${repository}/blobs/uploads/${query}`, { method: "POST" })
    return headers.get("location") ?? ""
  }

  async pushBlob(repository: string, bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes)
    await this.get(`/v2/${repository}/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes })
    return digest
  }

  async pushManifest(repository: string, manifest: Content, tag: string = manifest.digest): Promise<void> {
    await this.get(`/v2/${repository}/manifests/${tag}`, {
      method: "PUT",
      body: manifest.bytes,
      headers: { "content-type": manifest.mediaType },
    })
  }

  /** Pushes blobs and then what names them. */
  async push(repository: string, blobs: readonly Content[], manifest: Content, tag?: string): Promise<void> {
    for (const { bytes } of blobs) await this.pushBlob(repository, bytes)
    await this.pushManifest(repository, manifest, tag)
  }

  /** Reads a manifest and all that it names, and checks each digest. Gives the digests. */
  async pullAll(repository: string, reference: string): Promise<Digest[]> {
    const { headers, bytes } = await this.get(`/v2/${repository}/manifests/${reference}`)
    const digest = headers.get("docker-content-digest") as Digest
    if (digestOf(bytes) !== digest) throw new Error(`${reference} is not ${digest}`)
    const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString()) as Named
    const found = [digest]
    for (const child of manifests) found.push(...(await this.pullAll(repository, child.digest)))
    for (const child of config ? [config, ...layers] : layers) {
      const blob = await this.get(`/v2/${repository}/blobs/${child.digest}`)
      if (digestOf(blob.bytes) !== child.digest) throw new Error(`not the content of ${child.digest}`)
      found.push(child.digest)
    }
    return found
  }
}

interface Named {
  manifests?: Descriptor[]
  config?: Descriptor
  layers?: Descriptor[]
}

/** Throws for an answer in JSON that is not as the specification has it. */
function codeOf(headers: Headers, text: string): string | undefined {
  if (headers.get("content-type") !== "application/json" || !text.startsWith('{"errors"')) return undefined
  const { errors } = JSON.parse(text) as { errors: { code: string; message: string }[] }
  const [first] = errors
  if (!first || !/^[A-Z_]+$/.test(first.code) || first.message === "")
    throw new Error(`not an error: ${text}`)
  return first.code
}
