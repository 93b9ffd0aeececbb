const MASK = "***"

/**
 * Masks what must never be printed: passwords in URLs, `Authorization` values, tokens and passwords in query
 * strings and JSON. Applied to every message that leaves the program.
 */
export function redact(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `$1${MASK}@`)
    .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, `$1 ${MASK}`)
    .replace(
      /([?&](?:access_token|refresh_token|token|password|secret|signature|sig|x-amz-[a-z-]+)=)[^&\s"']+/gi,
      `$1${MASK}`,
    )
    .replace(
      /("(?:access_token|refresh_token|identitytoken|registrytoken|token|password|secret|auth)"\s*:\s*)"[^"]*"/gi,
      `$1"${MASK}"`,
    )
}
