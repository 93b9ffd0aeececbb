import { type ErrorDetails, WaybillError } from "../errors/waybill-error.ts"

/** Codes that registries answer with, taken over verbatim (distribution-spec 1.1, Error Codes, and Docker's older ones). */
const SERVER_CODES = [
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DENIED",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "MANIFEST_UNVERIFIED",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "RANGE_INVALID",
  "SIZE_INVALID",
  "TAG_INVALID",
  "TOOMANYREQUESTS",
  "UNAUTHORIZED",
  "UNSUPPORTED",
] as const

export type ServerErrorCode = (typeof SERVER_CODES)[number]

export type RegistryErrorCode =
  | ServerErrorCode
  /** No connection: refused, unknown host, no route. */
  | "REGISTRY_UNREACHABLE"
  /** The connection broke, stalled or ended early, again and again. */
  | "CONNECTION_LOST"
  /** The peer keeps the connection, and gives or takes too little over it. */
  | "TRANSFER_TOO_SLOW"
  /** The TLS handshake failed. */
  | "TLS_FAILED"
  /** The peer speaks plain HTTP where HTTPS is demanded. */
  | "PLAIN_HTTP"
  /** A redirect, `Location` or token realm leads from HTTPS to plain HTTP. */
  | "INSECURE_LOCATION"
  /** An answer that the specification does not allow. */
  | "INVALID_RESPONSE"
  /** An error status (4xx) without a code of the specification. */
  | "REQUEST_REFUSED"
  /** An error status (5xx) without a code of the specification. */
  | "REGISTRY_FAILED"
  | "PROXY_INVALID"
  | "CREDENTIALS_INVALID"
  | "CREDENTIAL_HELPER_FAILED"

export interface RegistryErrorDetails extends ErrorDetails {
  /** HTTP status, where there was an answer. */
  status?: number | undefined
  method?: string | undefined
  /** The request's URL, without its query. */
  url?: string | undefined
  /** Whether trying again can help. Default false. */
  transient?: boolean | undefined
  /** What the registry asked to wait, in milliseconds. */
  retryAfter?: number | undefined
}

/** A registry, its token server or a credential helper did not do what was asked. */
export class RegistryError extends WaybillError<RegistryErrorCode> {
  readonly status: number | undefined
  readonly method: string | undefined
  readonly url: string | undefined
  readonly transient: boolean
  readonly retryAfter: number | undefined

  constructor(code: RegistryErrorCode, message: string, details: RegistryErrorDetails = {}) {
    super(code, message, details)
    this.status = details.status
    this.method = details.method
    this.url = details.url
    this.transient = details.transient ?? false
    this.retryAfter = details.retryAfter
  }
}

export function isServerCode(text: string): text is ServerErrorCode {
  return (SERVER_CODES as readonly string[]).includes(text)
}
