import { WaybillError } from "../errors/waybill-error.ts"

export type DatabaseErrorCode =
  | "DATABASE_UNAVAILABLE"
  | "DATABASE_BUSY"
  | "DATABASE_FULL"
  | "DATABASE_DAMAGED"
  | "DATABASE_FOREIGN"
  | "DATABASE_TOO_NEW"

/** The database cannot be used as it is, or where it is. */
export class DatabaseError extends WaybillError<DatabaseErrorCode> {}
