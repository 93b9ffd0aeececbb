import { QueryCache, QueryClient } from "@tanstack/react-query"
import { CallError } from "./problem.ts"

/** After this a page that is opened again asks again; until then live events say what is old. In milliseconds. */
const STALE = 30_000

/** What has been asked of the server. */
export const client = new QueryClient({
  queryCache: new QueryCache({ onError: leaveSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: STALE,
      // What the server refuses it refuses again; what it does not answer it may yet.
      retry: (failures, error) => isPassing(error) && failures < 3,
      throwOnError: false,
    },
    mutations: { retry: false },
  },
})

function isPassing(error: Error): boolean {
  return error instanceof CallError && [0, 502, 503, 504].includes(error.status)
}

/** A session that has ended: nothing more can be asked, and whoever signs in again comes back to the same page. */
function leaveSignedOut(error: Error): void {
  const { pathname, search } = window.location
  if (!(error instanceof CallError && error.status === 401) || pathname === "/sign-in") return
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`)
}
