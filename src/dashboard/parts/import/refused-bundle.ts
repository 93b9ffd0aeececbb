/** A file that is not what the bundle format says: docs/bundle-format.md. */
export class RefusedBundle extends Error {
  /** Where in the file it is. */
  readonly entry: string | undefined

  constructor(message: string, entry?: string) {
    super(entry === undefined ? message : `${showName(entry)}: ${message}`)
    this.entry = entry
  }
}

/** The name of an entry is whatever somebody wrote there: a short line, in which everything can be seen. */
function showName(name: string): string {
  const short = name.length > 160 ? `${name.slice(0, 160)}…` : name
  return /^[\x21-\x7e]+…?$/.test(short) ? short : JSON.stringify(short)
}
