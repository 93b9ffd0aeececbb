import { type QueryClient, useQueryClient } from "@tanstack/react-query"
import { type Dispatch, type SetStateAction, useEffect, useState } from "react"
import { sessionQuestion } from "../calls/session.ts"

/** Since when the page hears of no changes; `live` while it does. */
export type LiveState = "connecting" | "live" | { awaySince: Date }

/** What has changed: questions about it are asked again. */
interface Changed {
  all?: true
  fleet?: string
}

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
  let timer: ReturnType<typeof setTimeout> | undefined
  let source: EventSource
  const open = (hasMissed: boolean) => {
    source = new EventSource("/api/v1/changes")
    source.onopen = () => {
      onState("live")
      if (hasMissed) void askAgain(client, { all: true })
    }
    source.onmessage = ({ data }) => void askAgain(client, JSON.parse(data) as Changed)
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

function askAgain(client: QueryClient, { fleet }: Changed): Promise<void> {
  const isSession = (key: readonly unknown[]) => key[0] === sessionQuestion.queryKey[0]
  return client.invalidateQueries({
    predicate: ({ queryKey }) => !isSession(queryKey) && (fleet === undefined || concerns(queryKey, fleet)),
  })
}

/** Whether a question is about a fleet, or about several. */
function concerns([, input]: readonly unknown[], fleet: string): boolean {
  const { params = {}, query = {} } = (input ?? {}) as {
    params?: Record<string, unknown>
    query?: Record<string, unknown>
  }
  if (typeof query.fleet === "string") return query.fleet === fleet
  if (params.organization === undefined || params.name === undefined) return true
  return `${params.organization}/${params.name}` === fleet
}
