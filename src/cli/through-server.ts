import { describeError } from "../errors/describe.ts"

/** Which way a bundle takes, and why, where a fleet's registry cannot be used from here. */
export function throughServer(reason: Error): string {
  return `through the server, since the fleet's registry cannot be used from here: ${describeError(reason).message}`
}
