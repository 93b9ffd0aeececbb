import { notifications } from "@mantine/notifications"
import type { ReactNode } from "react"
import { CallError } from "../calls/problem.ts"

/** How long what was done stays to be read, and undone, in milliseconds. */
const DONE_TIME = 10_000

/** Says what was done. */
export function sayDone(message: ReactNode): string {
  return notifications.show({ message, color: "teal", autoClose: DONE_TIME })
}

/** Says what went wrong, which stays until it is closed. */
export function sayFailed(error: Error): string {
  const hint = error instanceof CallError && error.hint !== undefined ? `: ${error.hint}` : ""
  return notifications.show({
    title: "That did not work",
    message: `${error.message}${hint}`,
    color: "red",
    autoClose: false,
  })
}
