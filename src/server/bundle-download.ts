import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import { ApiError } from "../api/api-error.ts"
import { BUNDLE_TYPE } from "../api/bundle.ts"
import * as routes from "../api/routes/bundles.ts"
import { isFinal } from "../fleet/release.ts"
import { rawVersion } from "../fleet/version.ts"
import { requireSuccess, type SuccessfulRelease } from "../operations/successful-release.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { BundlePlans } from "./bundle-plans.ts"
import { explainContent } from "./content-unavailable.ts"
import { etagOf, isKnown, notModified } from "./etag.ts"
import { ClientGone, Exchange, type Terms } from "./registry/exchange.ts"
import { viewableRelease } from "./viewable.ts"

/** Stands in what the entity tag is made from: other rules for what a bundle's bytes are need another. */
const FORMAT = "bundle 1"

export function addBundleDownload(app: App, site: Site, terms: Terms): void {
  const plans = new BundlePlans(site.home)

  addRoute(app, routes.downloadBundle, async (c) => {
    const release = requireSuccess(await viewableRelease(site, new Access(c), c.req.valid("param").id))
    const etag = etagOf(`${FORMAT} ${release.index.digest} ${isFinal(release) ? "final" : "draft"}`)
    if (isKnown(c, etag)) return notModified(c, etag)
    const bundle = await plans.open(release).catch((error: unknown) => {
      throw explainContent(error, release)
    })
    const { size } = bundle
    const headers = {
      "content-type": BUNDLE_TYPE,
      "content-disposition": `attachment; filename="${fileName(release)}"`,
      "cache-control": "private, no-cache",
    }
    if (c.req.method === "HEAD") {
      const all = { ...headers, etag, "accept-ranges": "bytes", "content-length": String(size) }
      return c.newResponse(null, 200, all)
    }
    const unsatisfiable = () => {
      c.header("content-range", `bytes */${size}`)
      return new ApiError("RANGE_NOT_SATISFIABLE", `the bundle has ${size} bytes`, {
        hint: "what is there already is whole, or of another bundle",
      })
    }
    return sendRaw(c, terms, (exchange) =>
      exchange.sendBytes({ etag, size, headers, unsatisfiable }, async () => bundle),
    )
  })
}

/** Answers past hono, which knows no backpressure. What fails before the answer has begun is thrown. */
async function sendRaw(
  c: RequestContext,
  terms: Terms,
  send: (exchange: Exchange) => Promise<void>,
): Promise<Response> {
  const { incoming, outgoing } = c.env
  outgoing.setHeader("x-request-id", c.get("requestId"))
  outgoing.setHeader("x-content-type-options", "nosniff")
  using exchange = new Exchange(incoming, outgoing, terms)
  try {
    await send(exchange)
  } catch (error) {
    if (error instanceof ClientGone) return RESPONSE_ALREADY_SENT
    if (!outgoing.headersSent) throw error
    // The client must not take for whole what is not: its connection ends before the length that it was told.
    outgoing.destroy()
    c.set("failure", error)
  }
  return RESPONSE_ALREADY_SENT
}

/** A name that needs no quoting on any system (RFC 6266, section 4.3), as `edge-1.2.3.tar`. */
function fileName(release: SuccessfulRelease): string {
  const [, name = ""] = release.fleet.split("/")
  const plain = `${name}-${rawVersion(release)}`.replace(/[^A-Za-z0-9._+-]/g, "_").replace(/^[.-]/, "_")
  return `${plain.slice(0, 200)}.tar`
}
