import type { QueryClient } from "@tanstack/react-query"
import { UndoButton } from "../undo-button.tsx"
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
  return (
    <UndoButton
      undo={() => act(opposite, release)}
      done={`${release.version} is as it was before`}
      client={client}
    />
  )
}
