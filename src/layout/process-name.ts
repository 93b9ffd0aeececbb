import { hostname } from "node:os"
import { hasCode } from "../errors/system-error.ts"

/** Counts on within the process, so that no two names of it are the same. */
let counter = 0

/** A name that says whose it is: host, process and number. */
export function newProcessName(): string {
  counter += 1
  return `${hostname()}.${process.pid}.${counter}`
}

/** Whether a name is of a process of this host that is gone. */
export function isOfDeadProcess(name: string): boolean {
  const match = /^(.+)\.([0-9]+)\.[0-9]+$/.exec(name)
  if (match?.[1] !== hostname()) return false
  try {
    process.kill(Number(match[2]), 0)
    return false
  } catch (error) {
    return hasCode(error, "ESRCH")
  }
}
