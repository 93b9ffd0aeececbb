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

/** How often the server may say that a blob goes on elsewhere. */
const MAX_TURNS = 5

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
  const { slug, signal, onSent } = options
  const begun = location === undefined ? undefined : await sentOf(location, signal)
  if (location !== undefined && begun === undefined && (await isThere(slug, blob, signal))) {
    onSent(blob.size)
    return
  }
  let place = begun === undefined ? await begin(slug, signal) : (location ?? "")
  onBegun(place)
  for (let sent = begun ?? 0, turns = 0; sent < blob.size; ) {
    onSent(sent)
    const answer = await sendPart(blob, place, sent, options)
    place = answer.header("location") ?? place
    onBegun(place)
    if (answer.status === 202) {
      sent = Math.min(sent + PART, blob.size)
    } else if (answer.status === 416 && turns < MAX_TURNS) {
      // What an old connection had brought came later than the answer to how much there is.
      turns++
      sent = endOf(answer, sent)
    } else {
      throw refusal(answer, blob)
    }
  }
  const answer = await send("PUT", withDigest(place, blob.digest), null, { signal })
  if (answer.status !== 201) throw refusal(answer, blob)
}

function sendPart(
  { offset, size }: MissingBlob,
  place: string,
  start: number,
  { file, signal, onSent }: UploadOptions,
): Promise<Sent> {
  const end = Math.min(start + PART, size)
  return send("PATCH", place, file.slice(offset + start, offset + end), {
    headers: { "content-type": "application/octet-stream", "content-range": `${start}-${end - 1}` },
    signal,
    onSent: (bytes) => onSent(start + bytes),
  })
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

/** How far an upload is; `undefined` where it is no more. */
async function sentOf(location: string, signal: AbortSignal): Promise<number | undefined> {
  const answer = await send("GET", location, null, { signal })
  return answer.status === 204 ? endOf(answer, 1) : undefined
}

/** Where an upload goes on. Nothing yet and one byte look the same: it is what was not tried. */
function endOf({ header }: Sent, tried: number): number {
  const last = Number(/^0-(\d+)$/.exec(header("range") ?? "")?.[1] ?? 0)
  return last === 0 && tried !== 0 ? 0 : last + 1
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
