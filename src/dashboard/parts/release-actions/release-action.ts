import type { ListedRelease, TargetChange } from "../../calls/answers.ts"
import { call } from "../../calls/call.ts"

/** What can be done to a release, each with a preview of what it moves. */
export type ReleaseAction = "finalize" | "invalidate" | "validate" | "remove"

/** What actions need to know of a release. */
export type ActedOn = Pick<
  ListedRelease,
  "id" | "fleet" | "version" | "status" | "revision" | "isInvalidated"
> & {
  isFleetPin: boolean
}

/** Whether the fleet of a release can be pinned to it, and is not. */
export function isPinnable({ status, isInvalidated, revision, isFleetPin }: ActedOn): boolean {
  return status === "success" && !isInvalidated && revision !== null && !isFleetPin
}

type Permission = "view" | "deploy" | "administer"

export const PERMISSIONS: Readonly<Record<ReleaseAction, Permission>> = {
  finalize: "deploy",
  invalidate: "deploy",
  validate: "deploy",
  remove: "administer",
}

/** Whether an action has a meaning for a release, whoever asks for it. */
export function fitsAction(action: ReleaseAction, release: ActedOn): boolean {
  const { status, revision, isInvalidated } = release
  const isSuccess = status === "success"
  switch (action) {
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

/** Does something to a release, and gives what that does to the target of its fleet; with `isPreview` it only says so. Throws `CallError`. */
export async function act(
  action: ReleaseAction,
  { id }: Pick<ActedOn, "id">,
  { isPreview = false, signal }: { isPreview?: boolean; signal?: AbortSignal } = {},
): Promise<TargetChange | null> {
  const input = { params: { id }, query: { preview: isPreview ? "true" : "false" } } as const
  if (action === "remove") {
    await call("delete /releases/{id}", input, { signal })
    return null
  }
  const { target } = await call(`post /releases/{id}/${action}`, input, { signal })
  return target
}
