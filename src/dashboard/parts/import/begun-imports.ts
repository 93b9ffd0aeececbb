import { isRecord } from "./bundle-json.ts"

/** An import that was begun and has not ended: what goes on when the same file is chosen again. */
export interface BegunImport {
  /** The release digest. */
  digest: string
  file: { name: string; size: number }
  version: string
  names: ImportNames
  /** Where the uploads of blobs are that have begun, by digest. */
  uploads: Readonly<Record<string, string>>
}

/** What somebody chose for the release in this fleet. */
export interface ImportNames {
  /** Empty for the version that the bundle says. */
  overrideVersion: string
  isDraft: boolean
}

const KEY = "waybill.imports."

/** The imports into a fleet that this tab has begun; a reload keeps them, the end of the tab does not. */
export function begunImports(slug: string): BegunImport[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY + slug) ?? "{}")
    return isRecord(kept) ? (Object.values(kept) as BegunImport[]) : []
  } catch {
    return []
  }
}

export function rememberImport(slug: string, begun: BegunImport): void {
  keep(slug, [...begunImports(slug).filter(({ digest }) => digest !== begun.digest), begun])
}

export function forgetImport(slug: string, digest: string): void {
  keep(
    slug,
    begunImports(slug).filter((each) => each.digest !== digest),
  )
}

function keep(slug: string, imports: readonly BegunImport[]): void {
  try {
    if (imports.length === 0) sessionStorage.removeItem(KEY + slug)
    else
      sessionStorage.setItem(
        KEY + slug,
        JSON.stringify(Object.fromEntries(imports.map((each) => [each.digest, each]))),
      )
  } catch {
    // A browser that keeps nothing: a reload then asks the server alone what is there.
  }
}
