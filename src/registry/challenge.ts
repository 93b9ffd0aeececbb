/** One challenge of a `WWW-Authenticate` header. Scheme and names of parameters are in lower case. */
export interface Challenge {
  scheme: string
  parameters: ReadonlyMap<string, string>
}

const SEPARATORS = /[\s,]+/y
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const EQUALS = /[ \t]*=[ \t]*/y
const QUOTED = /"((?:[^"\\]|\\.)*)"?/sy
const TOKEN68 = /[0-9A-Za-z._~+/-]+=*(?=[ \t]*(?:,|$))/y

/**
 * Parses a `WWW-Authenticate` header, which may hold several challenges (RFC 9110, 11.6.1). Never throws: what
 * cannot be read is passed over.
 */
export function parseChallenges(text: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) at = pattern.lastIndex
    return match
  }
  while (at < text.length) {
    if (take(SEPARATORS)) continue
    const name = take(TOKEN)?.[0].toLowerCase()
    if (name === undefined) {
      at++
      continue
    }
    const current = challenges.at(-1)
    if (current !== undefined && take(EQUALS)) {
      const quoted = take(QUOTED)?.[1]?.replaceAll(/\\(.)/gs, "$1")
      const value = quoted ?? take(TOKEN)?.[0] ?? ""
      // The first one counts: a second realm must not redirect credentials.
      if (!current.parameters.has(name)) current.parameters.set(name, value)
      continue
    }
    challenges.push({ scheme: name, parameters: new Map() })
    if (take(/ +/y)) take(TOKEN68)
  }
  return challenges
}
