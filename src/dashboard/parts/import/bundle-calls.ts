import { urlOf } from "../../calls/call.ts"
import { CallError, problemOf, serverAway } from "../../calls/problem.ts"
import type { Answer } from "../../calls/routes.ts"
import { fleetParams } from "../fleet-params.ts"
import type { ImportNames } from "./begun-imports.ts"
import type { BundleHead } from "./bundle-head.ts"
import { send } from "./send.ts"

export type BundleCheck = Answer<"post /fleets/{organization}/{name}/bundles/check">
export type ImportedRelease = Answer<"post /fleets/{organization}/{name}/bundles">

const TYPE = "application/x-tar"
const BUNDLES = "/fleets/{organization}/{name}/bundles"

/** Asks what a fleet would make of a bundle, and which of its blobs it lacks. Throws `CallError`. */
export async function checkBundle(
  slug: string,
  { bytes }: BundleHead,
  names: ImportNames,
  signal: AbortSignal,
): Promise<BundleCheck> {
  return (await post(addressOf(slug, names, {}, "/check"), bytes, signal)) as BundleCheck
}

/** Records the release of a bundle whose blobs are all there. Throws `CallError`. */
export async function recordBundle(
  slug: string,
  { bytes }: BundleHead,
  names: ImportNames,
  signal: AbortSignal,
): Promise<ImportedRelease> {
  return (await post(addressOf(slug, names, { content: "head" }), bytes, signal)) as ImportedRelease
}

/** Sends a bundle whole, as curl does. Throws `CallError`. */
export async function sendWhole(
  slug: string,
  { file }: BundleHead,
  names: ImportNames,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<ImportedRelease> {
  const headers = { "content-type": TYPE }
  const { status, body } = await send("POST", addressOf(slug, names, {}), file, { headers, signal, onSent })
  if (status < 300) return JSON.parse(body) as ImportedRelease
  throw await problemOf(new Response(body, { status }))
}

function addressOf(
  slug: string,
  { overrideVersion, isDraft }: ImportNames,
  more: Readonly<Record<string, string>>,
  path = "",
): string {
  const query = {
    draft: isDraft,
    overrideVersion: overrideVersion === "" ? undefined : overrideVersion,
    ...more,
  }
  return urlOf(BUNDLES + path, { params: fleetParams(slug), query })
}

async function post(url: string, body: Blob, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": TYPE },
    body,
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw serverAway(error)
  })
  if (!response.ok) throw await problemOf(response)
  return response.json()
}

/** Whether the same may work in a while: the server is away, or has too much to do. */
export function isPassing(error: unknown): error is CallError {
  return error instanceof CallError && [0, 429, 502, 503, 504].includes(error.status)
}
