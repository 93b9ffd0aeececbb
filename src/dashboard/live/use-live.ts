import { type QueryClient, useQueryClient } from "@tanstack/react-query"
import { useEffect, useState } from "react"
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
  useEffect(() => {
    const source = new EventSource("/api/v1/changes")
    source.onopen = () => setState("live")
    source.onmessage = ({ data }) => void askAgain(client, JSON.parse(data) as Changed)
    source.onerror = () => {
      setState((before) => (typeof before === "object" ? before : { awaySince: new Date() }))
      // Whether it is the server or the session that ended.
      if (source.readyState === EventSource.CLOSED) void client.invalidateQueries(sessionQuestion)
    }
    return () => source.close()
  }, [client])
  return state
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
