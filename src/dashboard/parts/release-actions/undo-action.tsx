import { Button } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import { sayDone, sayFailed } from "../say.tsx"
import { type ActedOn, act, type ReleaseAction } from "./release-action.ts"

/** What takes an action back; the others stay done. */
const OPPOSITES: Partial<Readonly<Record<ReleaseAction, ReleaseAction>>> = {
  invalidate: "validate",
  validate: "invalidate",
}

interface Props {
  action: ReleaseAction
  release: ActedOn
  client: QueryClient
}

/** Takes back what was done to a release, where that can be. */
export function UndoAction({ action, release, client }: Props) {
  const opposite = OPPOSITES[action]
  if (opposite === undefined) return null
  const undo = async () => {
    try {
      await act(opposite, release)
      sayDone(`${release.version} is as it was before.`)
    } catch (error) {
      sayFailed(error as Error)
    } finally {
      await client.invalidateQueries()
    }
  }
  return (
    <Button size="compact-sm" variant="default" onClick={() => void undo()}>
      Undo
    </Button>
  )
}
