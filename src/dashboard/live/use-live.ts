import { type QueryClient, useQueryClient } from "@tanstack/react-query"
import { type Dispatch, type SetStateAction, useEffect, useState } from "react"
import type { ChangeData } from "../../api/change.ts"
import { sessionQuestion } from "../calls/session.ts"
import { Refresh } from "./refresh.ts"

/** Since when the page hears of no changes; `live` while it does. */
export type LiveState = "connecting" | "live" | { awaySince: Date }

/**
 * Listens to what the server says has changed, and asks again what is shown of it. The browser connects again by itself, and says
 * what it heard last, so that nothing is missed (HTML standard, section 9.2).
 */
export function useLive(): LiveState {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>("connecting")
  useEffect(() => listen(client, setState), [client])
  return state
}

/** What a server answers that has too many of them, or that is about to stop, is no stream: another try may be one. In milliseconds. */
const AGAIN = 10_000

/** Listens until what it gives is called. */
function listen(client: QueryClient, onState: Dispatch<SetStateAction<LiveState>>): () => void {
  const refresh = new Refresh(client)
  let timer: ReturnType<typeof setTimeout> | undefined
  let source: EventSource
  const open = (hasMissed: boolean) => {
    source = new EventSource("/api/v1/changes")
    source.onopen = () => {
      onState("live")
      if (hasMissed) void refresh.about({ all: true })
    }
    source.onmessage = ({ data }) => void refresh.about(JSON.parse(data) as ChangeData)
    source.onerror = () => {
      onState((before) => (typeof before === "object" ? before : { awaySince: new Date() }))
      if (source.readyState !== EventSource.CLOSED) return
      // The session may have ended: then the page is left.
      void client.invalidateQueries(sessionQuestion)
      timer = setTimeout(() => open(true), AGAIN)
    }
  }
  open(false)
  return () => {
    clearTimeout(timer)
    source.close()
  }
}
