const BEARER = /^Bearer +(wb[dt]_[A-Za-z0-9_-]{43})$/i

/** The secret in an `Authorization` header (RFC 6750, section 2.1). */
export function bearerSecret(header: string | undefined): string | undefined {
  return BEARER.exec(header ?? "")?.[1]
}
