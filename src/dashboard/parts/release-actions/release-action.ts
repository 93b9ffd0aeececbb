import type { ListedRelease, TargetChange } from "../../calls/answers.ts"
import { call, etagOf } from "../../calls/call.ts"
import { fleetParams } from "../fleet-params.ts"

/** What can be done to a release, each with a preview of what it moves. */
export type ReleaseAction = "pin" | "finalize" | "invalidate" | "validate" | "remove"

/** What actions need to know of a release. */
export type ActedOn = Pick<
  ListedRelease,
  "id" | "fleet" | "version" | "status" | "revision" | "isInvalidated"
> & {
  isFleetPin: boolean
}

type Permission = "view" | "deploy" | "administer"

export const PERMISSIONS: Readonly<Record<ReleaseAction, Permission>> = {
  pin: "deploy",
  finalize: "deploy",
  invalidate: "deploy",
  validate: "deploy",
  remove: "administer",
}

/** Whether an action has a meaning for a release, whoever asks for it. */
export function fitsAction(action: ReleaseAction, release: ActedOn): boolean {
  const { status, revision, isInvalidated, isFleetPin } = release
  const isSuccess = status === "success"
  switch (action) {
    case "pin":
      return isSuccess && !isInvalidated && revision !== null && !isFleetPin
    case "finalize":
      return isSuccess && revision === null
    case "invalidate":
      return isSuccess && !isInvalidated
    case "validate":
      return isSuccess && isInvalidated
    case "remove":
      return true
    default:
      return action satisfies never
  }
}

export interface Outcome {
  /** `null` for what moves nothing. */
  target: TargetChange | null
  /** Of the fleet after it, where its policy was changed. */
  etag?: string | undefined
}

/** Does something to a release; with `preview` it says what that would do, and does nothing. Throws `CallError`. */
export async function act(
  action: ReleaseAction,
  { id, fleet }: Pick<ActedOn, "id" | "fleet">,
  { isPreview = false, signal }: { isPreview?: boolean; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const query = { preview: isPreview ? ("true" as const) : ("false" as const) }
  const params = { id }
  if (action === "pin") {
    const answer = await call(
      "put /fleets/{organization}/{name}/policy",
      { params: fleetParams(fleet), query, body: { policy: "pinned", release: id } },
      { signal },
    )
    return { target: answer.targetChange, etag: etagOf(answer) }
  }
  if (action === "remove") {
    await call("delete /releases/{id}", { params, query }, { signal })
    return { target: null }
  }
  const { target } = await call(`post /releases/{id}/${action}`, { params, query }, { signal })
  return { target }
}
