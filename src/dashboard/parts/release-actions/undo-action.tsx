import { Button } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import type { ReleaseName } from "../../calls/answers.ts"
import { call } from "../../calls/call.ts"
import { fleetParams } from "../fleet-params.ts"
import { sayDone, sayFailed } from "../say.tsx"
import { type ActedOn, act, type ReleaseAction } from "./release-action.ts"

/** Puts back what was before; fails where somebody else has changed it meanwhile. */
export type Undo = () => Promise<unknown>

/** How an action is undone; `undefined` for what cannot be. `pin` and `etag` are of the fleet: before, and after. */
export function undoOf(
  action: ReleaseAction,
  release: ActedOn,
  pin: ReleaseName | null,
  etag: string | undefined,
): Undo | undefined {
  if (action === "invalidate") return () => act("validate", release)
  if (action === "validate") return () => act("invalidate", release)
  if (action !== "pin" || etag === undefined) return undefined
  const body =
    pin === null ? ({ policy: "track-latest" } as const) : ({ policy: "pinned", release: pin.id } as const)
  return () =>
    call("put /fleets/{organization}/{name}/policy", { params: fleetParams(release.fleet), body }, { etag })
}

export function UndoAction({ undo, client }: { undo: Undo; client: QueryClient }) {
  const run = async () => {
    try {
      await undo()
      sayDone("It is as it was before.")
    } catch (error) {
      sayFailed(error as Error)
    } finally {
      await client.invalidateQueries()
    }
  }
  return (
    <Button size="compact-sm" variant="default" onClick={() => void run()}>
      Undo
    </Button>
  )
}
