const MASK = "***"

/** What follows these two words in a sentence about a login, and is no secret. */
const PLAIN_WORD = String.raw`(?:auth(?:entication|orization)?|challenges?|credentials?|tokens?)(?=\.?(?:[\s,:;)"']|$))|realm=`

/**
 * Keys of devices, secrets of tokens and what a registry's clients get for them, and what is left of one that was cut:
 * see `fleet/secret.ts`.
 */
const OWN_SECRET = /(wb[cdrst]_)[A-Za-z0-9_-]{8,}/g

const RULES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // Up to the last @ of the authority, since people forget to escape one in a password; a digest is no host.
  // The scheme is not matched whole: at a long word without one that would take the square of its length.
  [/([a-z0-9+.-]:\/\/)[^\s/?#"']+@(?!sha(?:256|512):)/gi, `$1${MASK}@`],
  // The same where the scheme was taken off or left out: a name and a tag may stand before a digest alone.
  [/(^|[\s"'`(=])[^\s/:@"'`]{1,256}:[^\s/"'`]{1,8192}@(?!sha(?:256|512):)/g, `$1${MASK}@`],
  [new RegExp(String.raw`\b(Bearer|Basic)\s+(?!${PLAIN_WORD})[A-Za-z0-9._~+/=-]{4,}`, "gi"), `$1 ${MASK}`],
  [
    /([?&](?:access_token|refresh_token|token|password|secret|client_secret|signature|sig|x-(?:amz|goog)-[a-z-]+)=)[^&\s"']+/gi,
    `$1${MASK}`,
  ],
  [
    /("(?:access_token|refresh_token|identitytoken|registrytoken|token|password|secret|auth)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
    `$1"${MASK}"`,
  ],
  [OWN_SECRET, `$1${MASK}`],
]

/**
 * Masks what must never be printed: passwords in URLs, `Authorization` values, tokens and passwords in query
 * strings and JSON. Applied to every message that leaves the program.
 */
export function redact(text: string): string {
  return RULES.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text)
}
