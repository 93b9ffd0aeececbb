import { ApiError } from "../api/api-error.ts"
import type { BundleCheck } from "../api/bundle.ts"
import { BUNDLE_TYPES } from "../api/bundle.ts"
import { problemOf } from "../api/problem.ts"
import { printRelease } from "../api/release.ts"
import * as routes from "../api/routes/bundles.ts"
import { type CopyOptions, findAbsentBlobs, sumOfSizes } from "../content/copy.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { NewRelease } from "../fleet/release.ts"
import { type FleetSlug, organizationOf } from "../fleet/slug.ts"
import { printVersion, rawVersion } from "../fleet/version.ts"
import { BundleHeadSource } from "../operations/bundle-head-source.ts"
import { BundleStreamSource } from "../operations/bundle-stream-source.ts"
import type { Context } from "../operations/context.ts"
import { hasRelease, importedRelease, importRelease } from "../operations/import-release.ts"
import type { ReleaseSource } from "../operations/release-source.ts"
import { checkRequestedRevision, nextRevision } from "../operations/requested-revision.ts"
import { findSuccess } from "../operations/successful-release.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import type { Callers } from "./callers.ts"
import { changeOf } from "./change.ts"
import { explainContent } from "./content-unavailable.ts"
import { answerChanged } from "./etag.ts"
import { Imports } from "./imports.ts"
import { incomingBytes } from "./incoming-bytes.ts"
import type { Limits } from "./limits.ts"
import { slugOf } from "./slug-of.ts"

type Names = { overrideVersion?: string | undefined; draft?: "true" | "false" | undefined }

export function addBundleImport(
  app: App,
  site: Site,
  callers: Callers,
  limits: Pick<Limits, "idle" | "imports">,
): void {
  const imports = new Imports(limits.imports)
  // Each holds the manifests of a release as well, if only for a moment.
  const checks = new Imports(limits.imports)
  const { home } = site

  const begin = (c: RequestContext, places: Imports, fleet: FleetSlug, id = c.get("requestId")) => {
    const length = c.req.header("content-length")
    return places.begin({
      id,
      fleet,
      actor: changeOf(c, site).actor,
      begunAt: home.now().toISOString(),
      size: length === undefined ? null : Number(length),
    })
  }

  const take = async (
    c: RequestContext,
    slug: FleetSlug,
    query: Names & { content: "whole" | "head"; import?: string | undefined },
  ): Promise<Response> => {
    requireBundle(c)
    const fleet = await home.fleets.getFleet(slug)
    using running = begin(c, imports, slug, query.import)
    const bytes = counted(incomingBytes(c.env.incoming, c.env.outgoing, limits.idle), (length) => {
      running.received += length
    })
    try {
      await using source =
        query.content === "head" ? await BundleHeadSource.open(bytes) : await BundleStreamSource.open(bytes)
      const names = namesOf(query)
      running.version = printVersion(importedRelease(source.release, names).version)
      if ("size" in source) running.size = source.size
      const { release, imported, target, wasThere, warnings } = await importRelease(
        contextOf(c, site),
        { fleet: slug, bundle: whileGood(source, c, callers), ...names },
        { mountFrom: mountFrom(site, fleet) },
      )
      const done = { target, wasThere, isDraft: imported.isDraft ?? false, warnings }
      return answerChanged(c, printRelease(release), done, wasThere ? 200 : 201)
    } catch (error) {
      throw explainContent(error, { fleet: slug })
    } finally {
      // Not waited for: what it is asked for just now may never come.
      void bytes.return()
    }
  }

  for (const route of [routes.importBundle, routes.putBundle]) {
    addRoute(app, route as typeof routes.importBundle, async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "deploy")
      return take(c, slug, c.req.valid("query"))
    })
  }

  addRoute(app, routes.checkBundle, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "deploy")
    requireBundle(c)
    const fleet = await home.fleets.getFleet(slug)
    using _ = begin(c, checks, slug)
    const bytes = incomingBytes(c.env.incoming, c.env.outgoing, limits.idle)
    try {
      const source = await BundleHeadSource.open(bytes)
      // Nothing is changed, and so nothing has to be done whole: a release can name very many blobs, and a registry be slow.
      const options = { mountFrom: mountFrom(site, fleet), signal: c.req.raw.signal }
      return c.json(
        await checkHead(contextOf(c, site), fleet, source, namesOf(c.req.valid("query")), options),
      )
    } catch (error) {
      throw explainContent(error, { fleet: slug })
    } finally {
      void bytes.return()
    }
  })

  addRoute(app, routes.listImports, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    await home.fleets.getFleet(slug)
    return c.json({ items: imports.list(slug) })
  })
}

/**
 * The same source, of which nothing is recorded where what let the request in has ended meanwhile: a bundle may take hours, or be made to
 * take days.
 */
function whileGood(source: ReleaseSource, c: RequestContext, callers: Callers): ReleaseSource {
  return {
    release: source.release,
    async copyTo(target, options) {
      await source.copyTo(target, options)
      if (await callers.isStillGood(c.env.incoming)) return
      throw new ApiError(
        "UNAUTHORIZED",
        "the token was revoked, or the session ended, while the bundle came in",
        {
          hint: "send it again with another: what has come is not sent twice",
        },
      )
    },
    // Whoever opened the source closes it.
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** A form is what a foreign web page can send. */
function requireBundle(c: RequestContext): void {
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase()
  if (type === undefined || (BUNDLE_TYPES as readonly string[]).includes(type)) return
  throw new ApiError("UNSUPPORTED_MEDIA_TYPE", `a bundle is not ${JSON.stringify(type.slice(0, 100))}`, {
    hint: `send it as ${BUNDLE_TYPES[0]}, or without a type, as \`curl -T\` does`,
  })
}

function namesOf({ overrideVersion, draft }: Names) {
  return { overrideVersion, isDraft: draft === undefined ? undefined : draft === "true" }
}

/** The home, with whoever asks standing in the history. */
function contextOf(c: RequestContext, site: Site): Context {
  return { ...site.home, change: ({ signal } = {}) => ({ ...changeOf(c, site), signal }) }
}

/**
 * In the content store, blobs are taken over from fleets of the same organization alone: to name the digest of a foreign one must not be
 * enough to get it. Of registries, the import itself asks the sisters alone.
 */
function mountFrom({ home }: Site, { slug, registry }: Fleet): CopyOptions["mountFrom"] {
  if (registry !== null) return undefined
  return async ({ digest }) => {
    const holders = await (await home.store()).served(slug).holders(digest)
    return holders.find((name) => name.startsWith(`${organizationOf(slug)}/`))
  }
}

async function checkHead(
  context: Context,
  fleet: Fleet,
  { release, plan }: BundleHeadSource,
  names: ReturnType<typeof namesOf>,
  options: Pick<CopyOptions, "mountFrom" | "signal">,
): Promise<BundleCheck> {
  const wanted = importedRelease(release, names)
  const content = await context.contentOf(fleet)
  const absent = new Set((await findAbsentBlobs(plan.graph, content, options)).map(({ digest }) => digest))
  // The others come with the head.
  const blobs = plan.files.flatMap(({ content: descriptor, offset, headerOffset }) =>
    descriptor instanceof Uint8Array ? [] : [{ ...descriptor, offset, headerOffset }],
  )
  const { version, commit, createdAt, composition, note, tags, index, services, isDraft = false } = release
  return {
    release: {
      commit,
      createdAt,
      semver: printVersion({ ...version, variant: "" }),
      variant: version.variant,
      isDraft,
      composition,
      note,
      tags,
      index,
      services,
    },
    ...(await foresee(context, fleet.slug, wanted)),
    size: plan.size,
    headSize: blobs[0]?.headerOffset ?? plan.size,
    blobs: { count: blobs.length, bytes: sumOfSizes(blobs) },
    missing: blobs
      .filter(({ digest }) => absent.has(digest))
      .map(({ mediaType, digest, size, offset }) => ({ mediaType, digest, size, offset })),
  }
}

/** What a fleet would make of a release now. */
async function foresee(
  context: Context,
  fleet: FleetSlug,
  release: NewRelease,
): Promise<Pick<BundleCheck, "version" | "wasThere" | "conflict">> {
  const { fleets } = context
  try {
    if (await hasRelease(context, fleet, release, {})) {
      const known = await findSuccess(fleets, fleet, release.commit)
      return { version: known === undefined ? null : rawVersion(known), wasThere: true, conflict: null }
    }
    await checkRequestedRevision(fleets, fleet, release)
    const revision = release.isDraft ? null : await nextRevision(fleets, fleet, release.version)
    const { version } = release
    const { createdAt } = release
    return { version: rawVersion({ version, revision, createdAt }), wasThere: false, conflict: null }
  } catch (error) {
    if (!(error instanceof FleetError)) throw error
    return { version: null, wasThere: false, conflict: problemOf(error) }
  }
}

async function* counted(
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
  onChunk: (length: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    onChunk(chunk.length)
    yield chunk
  }
}
