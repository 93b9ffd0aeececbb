const MASK = "***"

/**
 * Masks what must never be printed: passwords in URLs, `Authorization` values, tokens and passwords in query
 * strings and JSON. Applied to every message that leaves the program.
 */
export function redact(text: string): string {
  return (
    text
      // Up to the last @ of the authority, since people forget to escape one in a password; a digest is no host.
      .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"']+@(?!sha(?:256|512):)/gi, `$1${MASK}@`)
      .replace(
        /\b(Bearer|Basic)\s+(?!(?:auth\w*|challenges?|credentials?|realm|tokens?)\b)[A-Za-z0-9._~+/=-]{4,}/gi,
        `$1 ${MASK}`,
      )
      .replace(
        /([?&](?:access_token|refresh_token|token|password|secret|client_secret|signature|sig|x-(?:amz|goog)-[a-z-]+)=)[^&\s"']+/gi,
        `$1${MASK}`,
      )
      .replace(
        /("(?:access_token|refresh_token|identitytoken|registrytoken|token|password|secret|auth)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
        `$1"${MASK}"`,
      )
  )
}
