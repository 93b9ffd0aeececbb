import { OperationError } from "./operation-error.ts"

/** A compose file that cannot be taken: `INVALID_COMPOSE_FILE`, naming the file. */
export function invalidCompose(path: string, reason: string, hint: string, cause?: unknown): OperationError {
  return new OperationError("INVALID_COMPOSE_FILE", `${path}: ${reason}`, { hint, cause })
}

/** A place in a compose file as messages name it: `service web: ports`. */
export function printPlace([section, name, ...rest]: readonly string[]): string {
  if (section !== "services" || name === undefined) return [section, name, ...rest].filter(Boolean).join(".")
  return rest.length === 0 ? `service ${name}` : `service ${name}: ${rest.join(".")}`
}
