import type { Query, QueryClient } from "@tanstack/react-query"
import type { ChangeData } from "../../api/change.ts"
import { sessionQuestion } from "../calls/session.ts"

type Part = Extract<ChangeData, { fleet: string }>["of"][number]

/** What never changes of a release that is there, by its path. */
const CONSTANT: ReadonlySet<unknown> = new Set([
  "get /releases/{id}/content",
  "get /releases/{id}/compare/{other}",
])

/** How long a refresh is waited for, in milliseconds: a request that hangs must not keep the rest old. */
const PATIENCE = 10_000

/** Of which parts of a fleet a question is; of all others anything may be said. */
const PARTS: Readonly<Record<string, readonly Part[]>> = {
  "get /fleets/{organization}/{name}": ["fleet"],
  "get /fleets/{organization}/{name}/history": ["history"],
  "get /events": ["history"],
  "get /releases/{id}": ["releases"],
  // Its images are named by where the fleet keeps them.
  "get /releases/{id}/compose": ["fleet"],
  "check of a bundle": ["releases"],
}

/** What an event says that is new, together with those that came while it was waited for. */
export class Refresh {
  readonly #client: QueryClient
  readonly #pending: ChangeData[] = []
  #isRunning = false

  constructor(client: QueryClient) {
    this.#client = client
  }

  /**
   * Asks again what is shown of what has changed. What is being asked already is waited for: whoever is answered more slowly than
   * changes come would else never be answered.
   */
  async about(change: ChangeData): Promise<void> {
    this.#pending.push(change)
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#pending.length > 0) {
      const changes = this.#pending.splice(0)
      const asked = this.#client.invalidateQueries({
        predicate: (query) => changes.some((change) => concerns(query, change)),
      })
      await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, PATIENCE))])
    }
    this.#isRunning = false
  }
}

/** Whether a question is about what has changed: about a fleet, or about several. */
function concerns({ queryKey: [name, input], state }: Query, change: ChangeData): boolean {
  if (name === sessionQuestion.queryKey[0]) return false
  if (CONSTANT.has(name) && state.data !== undefined) return false
  if ("all" in change) return true
  const parts = PARTS[String(name)]
  if (parts !== undefined && !parts.some((part) => change.of.includes(part))) return false
  const { params = {}, query = {} } = (input ?? {}) as {
    params?: Record<string, unknown>
    query?: Record<string, unknown>
  }
  if (typeof query.fleet === "string") return query.fleet === change.fleet
  if (params.organization === undefined || params.name === undefined) return true
  return `${params.organization}/${params.name}` === change.fleet
}
