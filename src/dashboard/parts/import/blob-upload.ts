import { CallError } from "../../calls/problem.ts"
import { pathOf } from "./bundle-json.ts"
import { type Sent, send } from "./send.ts"

/** A blob, and where it stands in the file. */
export interface MissingBlob {
  digest: string
  size: number
  offset: number
}

export interface UploadOptions {
  file: Blob
  /** Of the fleet. */
  slug: string
  signal: AbortSignal
  /** How much of the blob the server has, or has on its way. */
  onSent: (bytes: number) => void
}

/** Sent at once: what breaks off in the middle of one goes on where the server says. */
const PART = 32 << 20

/** The server takes no uploads for this fleet: its bundles are sent whole. */
export class NoUploads extends Error {}

/**
 * Uploads one blob to the registry that the server is, in parts that go on where they broke off (distribution-spec 1.1, Pushing a
 * blob in chunks). `location` is that of an upload that was begun before. Throws `CallError`, and `NoUploads`.
 */
export async function uploadBlob(
  blob: MissingBlob,
  location: string | undefined,
  onBegun: (location: string) => void,
  options: UploadOptions,
): Promise<void> {
  const { file, slug, signal, onSent } = options
  let place = location
  let sent = place === undefined ? undefined : await sentOf(place, signal)
  if (place === undefined || sent === undefined) {
    if (location !== undefined && (await isThere(slug, blob, signal))) return onSent(blob.size)
    place = await begin(slug, signal)
    sent = 0
  }
  for (;;) {
    onBegun(place)
    onSent(sent)
    if (sent >= blob.size) break
    const start = sent
    const end = Math.min(start + PART, blob.size)
    const answer = await send("PATCH", place, file.slice(blob.offset + start, blob.offset + end), {
      headers: { "content-type": "application/octet-stream", "content-range": `${start}-${end - 1}` },
      signal,
      onSent: (bytes) => onSent(start + bytes),
    })
    if (answer.status !== 202) throw refusal(answer, blob)
    place = answer.header("location") ?? place
    sent = end
  }
  const answer = await send("PUT", withDigest(place, blob.digest), null, { signal })
  if (answer.status !== 201) throw refusal(answer, blob)
}

/** Gives an upload up, so that the server keeps nothing of it. */
export async function cancelUpload(location: string): Promise<void> {
  await fetch(location, { method: "DELETE" }).catch(() => undefined)
}

async function begin(slug: string, signal: AbortSignal): Promise<string> {
  const answer = await send("POST", `/v2/${slug}/blobs/uploads/`, null, { signal })
  const location = answer.header("location")
  if (answer.status === 202 && location !== null) return location
  if ([403, 404, 405].includes(answer.status)) throw new NoUploads()
  throw refusal(answer)
}

/** How far an upload is; `undefined` where it is no more, or where that cannot be told from one that has nothing. */
async function sentOf(location: string, signal: AbortSignal): Promise<number | undefined> {
  const { status, header } = await send("GET", location, null, { signal })
  if (status !== 204) return undefined
  const last = Number(/^0-(\d+)$/.exec(header("range") ?? "")?.[1] ?? 0)
  return last === 0 ? undefined : last + 1
}

async function isThere(slug: string, { digest }: MissingBlob, signal: AbortSignal): Promise<boolean> {
  return (await send("HEAD", `/v2/${slug}/blobs/${digest}`, null, { signal })).status === 200
}

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`
}

/** What a registry says is wrong (distribution-spec 1.1, Error codes), with the entry of the bundle that it is about. */
function refusal({ status, body }: Sent, blob?: MissingBlob): CallError {
  const { code, message, hint } = parseError(body)
  const where = blob === undefined ? "" : `${pathOf(blob)}: `
  return new CallError({
    status,
    code: code ?? "UPLOAD_REFUSED",
    detail: `${where}${message ?? `the server answered ${status}`}`,
    hint,
  })
}

function parseError(body: string): { code?: string; message?: string; hint?: string | undefined } {
  try {
    const { errors } = JSON.parse(body) as { errors: { code: string; message: string; hint?: string }[] }
    return errors[0] ?? {}
  } catch {
    return {}
  }
}
