import { WaybillError } from "../errors/waybill-error.ts"

export type ServerErrorCode =
  | "ADDRESS_IN_USE"
  | "ADDRESS_UNAVAILABLE"
  | "INSECURE_ADDRESS"
  | "INVALID_CERTIFICATE"

/** The server cannot be started as it is asked to. */
export class ServerError extends WaybillError<ServerErrorCode> {}
