import { useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
import type { ChangeData } from "../../api/change.ts"
import { sessionQuestion } from "../calls/session.ts"
import { Refresh } from "./refresh.ts"

/** Since when the page hears of no changes; `live` while it does. */
export type LiveState = "connecting" | "live" | { awaySince: Date }

/** After which it is tried anew where the browser does not try it, in milliseconds. */
const AGAIN = 5000

/**
 * Listens to what the server says has changed, and asks again what is shown of it. A browser whose connection breaks comes back by
 * itself, and says what it heard last, so that nothing is missed; where something else answers, as a proxy does while the server
 * starts again, it gives up for good (HTML standard, section 9.2.3): then it is begun anew, and all is asked again.
 */
export function useLive(): LiveState {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>("connecting")
  useEffect(() => {
    const refresh = new Refresh(client)
    let source: EventSource
    let timer: ReturnType<typeof setTimeout> | undefined
    const listen = (isAgain: boolean) => {
      source = new EventSource("/api/v1/changes")
      source.onopen = () => {
        setState("live")
        if (isAgain) void refresh.about({ all: true })
      }
      source.onmessage = ({ data }) => void refresh.about(JSON.parse(data) as ChangeData)
      source.onerror = () => {
        setState((before) => (typeof before === "object" ? before : { awaySince: new Date() }))
        if (source.readyState !== EventSource.CLOSED) return
        // Whether it is the server or the session that ended.
        void client.invalidateQueries(sessionQuestion)
        timer = setTimeout(() => listen(true), AGAIN)
      }
    }
    listen(false)
    return () => {
      clearTimeout(timer)
      source.close()
    }
  }, [client])
  return state
}
