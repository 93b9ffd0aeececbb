import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { serveStatic } from "@hono/node-server/serve-static"
import { ApiError } from "../api/api-error.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Random } from "../fleet/secret.ts"
import type { App } from "./app.ts"

export interface DashboardOptions {
  /** The folder that `vite build` leaves; that it is not there is told to whoever asks for a page. */
  folder: string
  random: Random
}

/** What `vite.config.ts` has written wherever a nonce belongs. */
const PLACEHOLDER = /NONCE/g
const NONCE_BYTES = 16

/** Paths that are not the dashboard's, however they go on. */
const OTHERS = /^\/(?:api|v2)(?:\/|$)/

/** Serves the dashboard: its files, and its one page at every address that nothing else has. */
export function addDashboard(app: App, { folder, random }: DashboardOptions): void {
  // It would say on the console of the server that there is none, which the page itself says.
  if (existsSync(folder)) app.get("/assets/*", files(folder))
  app.get("*", async (c, next) => {
    if (OTHERS.test(c.req.path) || c.req.path.startsWith("/assets/")) return next()
    const page = await readPage(folder)
    const nonce = Buffer.from(random(NONCE_BYTES)).toString("base64")
    return c.newResponse(page.replace(PLACEHOLDER, nonce), 200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": policy(nonce),
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), geolocation=(), microphone=()",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    })
  })
}

function files(folder: string) {
  return serveStatic({
    root: folder,
    precompressed: true,
    // Their names change with what they hold.
    onFound: (_, c) => {
      c.header("cache-control", "public, max-age=31536000, immutable")
      c.header("x-content-type-options", "nosniff")
    },
  })
}

/** Nothing but this server's own files, and what the page itself makes of styles (Content Security Policy Level 3). */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ")
}

async function readPage(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, "index.html"), "utf8")
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause
    throw new ApiError("NOT_FOUND", "this server has no dashboard: it was not built", {
      hint: "whoever runs the server builds it: make build",
      cause,
    })
  }
}
