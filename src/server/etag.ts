import { createHash } from "node:crypto"
import { ApiError } from "../api/api-error.ts"
import { printRelease } from "../api/release.ts"
import { policyChanged } from "../fleet/policy.ts"
import { type Release, type ReleaseState, releaseChanged } from "../fleet/release.ts"
import type { RequestContext } from "./app.ts"

/** A strong entity tag (RFC 9110, section 8.8.3) of what it is made from. */
export function etagOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`
}

/** What a change of policy is bound to: a part of the tags of what has a policy. */
function policyTag({ id, generation }: { id: number; generation: number }): string {
  return `${id}.${generation}.`
}

function tagOf(resource: object | undefined, text: string): string {
  const etag = etagOf(text)
  if (resource === undefined || !("id" in resource && "generation" in resource)) return etag
  return `"${policyTag({ id: Number(resource.id), generation: Number(resource.generation) })}${etag.slice(1)}`
}

/** Answers with a resource and its entity tag, or with 304 to whoever has it (RFC 9110, section 13.1.2). */
export function answerResource(
  c: RequestContext,
  resource: object | undefined,
  status: 200 | 201 = 200,
): Response {
  const text = JSON.stringify(resource)
  const etag = tagOf(resource, text)
  if (status === 200 && isKnown(c, etag)) return notModified(c, etag)
  return c.newResponse(text, status, { "content-type": "application/json", etag })
}

/** Answers with a resource after a change, its entity tag, and what else the change did, which is not part of the resource. */
export function answerChanged(
  c: RequestContext,
  resource: object,
  done: object,
  status: 200 | 201 = 200,
): Response {
  const etag = tagOf(resource, JSON.stringify(resource))
  const body = JSON.stringify({ ...resource, ...done })
  return c.newResponse(body, status, { "content-type": "application/json", etag })
}

/** The same of a preview: what is not so gets no entity tag, which what is so later could be taken for. */
export function answerPreview(c: RequestContext, resource: object, done: object): Response {
  return c.newResponse(JSON.stringify({ ...resource, ...done }), 200, { "content-type": "application/json" })
}

export function notModified(c: RequestContext, etag: string): Response {
  return c.newResponse(null, 304, { etag })
}

/** Whether the client says that it has this state already: a read with `If-None-Match`. */
export function isKnown(c: RequestContext, etag: string): boolean {
  const read = c.req.method === "GET" || c.req.method === "HEAD"
  return read && listOf(c.req.header("if-none-match")).some((tag) => tag === "*" || weak(tag) === etag)
}

/**
 * What a change has to be bound to where the request has an `If-Match` (RFC 9110, section 13.1.1): the generation of
 * the resource as it is, if that is what the client has seen. What else has changed since, as what a device reports,
 * does not matter. Throws `POLICY_CHANGED` if it is not.
 */
export async function boundGeneration(
  c: RequestContext,
  what: string,
  load: () => Promise<{ id: number; generation: number }>,
): Promise<number | undefined> {
  const header = c.req.header("if-match")
  if (header === undefined) return undefined
  const resource = await load()
  const begin = `"${policyTag(resource)}`
  if (listOf(header).some((tag) => tag === "*" || tag.startsWith(begin))) return resource.generation
  throw policyChanged(what)
}

/** The same of a release: its state as it is, if that is what the client has seen. Throws `RELEASE_CHANGED` if it is not. */
export function boundState(c: RequestContext, release: Release): ReleaseState | undefined {
  if (c.req.header("if-match") === undefined) return undefined
  if (!fits(c, printRelease(release))) throw releaseChanged(release.id, release.fleet)
  return { revision: release.revision, isInvalidated: release.isInvalidated }
}

/**
 * Throws `PRECONDITION_FAILED` where a removal of what never changes has an `If-Match` that it does not fit: what is
 * gone by then is not found.
 */
export function requireMatch(c: RequestContext, what: string, resource: object): void {
  if (fits(c, resource)) return
  throw new ApiError("PRECONDITION_FAILED", `${what} has changed meanwhile`, {
    hint: "look at it again, and repeat the change if it is still wanted",
  })
}

/** Whether an `If-Match` names a resource as it is; a request without one takes it as it comes. */
function fits(c: RequestContext, resource: object): boolean {
  const header = c.req.header("if-match")
  if (header === undefined) return true
  const etag = tagOf(resource, JSON.stringify(resource))
  return listOf(header).some((tag) => tag === "*" || tag === etag)
}

function listOf(header: string | undefined): string[] {
  return header?.split(",").map((tag) => tag.trim()) ?? []
}

function weak(tag: string): string {
  return tag.replace(/^W\//, "")
}
