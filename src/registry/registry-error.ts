import { HttpError } from "../http/http-error.ts"
import type { NetworkErrorCode } from "../http/network-error.ts"

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
  | Exclude<NetworkErrorCode, "UNREACHABLE">
  /** No connection: refused, unknown host, no route. */
  | "REGISTRY_UNREACHABLE"
  /** An error status (4xx) without a code of the specification. */
  | "REQUEST_REFUSED"
  /** An error status (5xx) without a code of the specification. */
  | "REGISTRY_FAILED"
  | "CREDENTIALS_INVALID"
  | "CREDENTIAL_HELPER_FAILED"

/** A registry, its token server or a credential helper did not do what was asked. */
export class RegistryError extends HttpError<RegistryErrorCode> {}

export function isServerCode(text: string): text is ServerErrorCode {
  return (SERVER_CODES as readonly string[]).includes(text)
}
