import { HttpError } from "./http-error.ts"

export type NetworkErrorCode =
  /** No connection: refused, unknown host, no route. */
  | "UNREACHABLE"
  /** The connection broke, stalled or ended early. */
  | "CONNECTION_LOST"
  /** The peer keeps the connection, and gives or takes too little over it. */
  | "TRANSFER_TOO_SLOW"
  /** The TLS handshake failed. */
  | "TLS_FAILED"
  /** The peer speaks plain HTTP where HTTPS is demanded. */
  | "PLAIN_HTTP"
  /** A redirect, `Location` or token realm leads from HTTPS to plain HTTP. */
  | "INSECURE_LOCATION"
  /** An answer that is no HTTP, or that HTTP does not allow. */
  | "INVALID_RESPONSE"
  | "PROXY_INVALID"

/** What fails between here and a server, whatever that is a server of. */
export class NetworkError extends HttpError<NetworkErrorCode> {}
