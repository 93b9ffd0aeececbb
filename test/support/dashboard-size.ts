import { readdir, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "playwright-core"

const ASSETS = fileURLToPath(new URL("../../dist/dashboard/assets", import.meta.url))

/** What the dashboard may weigh gzipped, in bytes. */
export const MOST = { javascript: 300_000, css: 45_000, firstPage: 190_000 }

/** Bytes of all JavaScript and all styles of the dashboard, gzipped as the server sends them. */
export async function weighDashboard(): Promise<{ javascript: number; css: number }> {
  const names = await readdir(ASSETS)
  return {
    javascript: await weigh(names.filter((name) => name.endsWith(".js"))),
    css: await weigh(names.filter((name) => name.endsWith(".css"))),
  }
}

/** Counts what a page loads from now on: call what it gives for the bytes of its JavaScript, gzipped. */
export function weighLoaded(page: Page): () => Promise<number> {
  const names = new Set<string>()
  page.on("request", (request) => {
    const name = basename(new URL(request.url()).pathname)
    if (name.endsWith(".js")) names.add(name)
  })
  return () => weigh(names)
}

async function weigh(names: Iterable<string>): Promise<number> {
  let bytes = 0
  for (const name of names) bytes += (await stat(join(ASSETS, `${name}.gz`))).size
  return bytes
}
