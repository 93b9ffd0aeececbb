import { useQuery } from "@tanstack/react-query"
import { question } from "../../calls/queries.ts"
import { fleetParams } from "../fleet-params.ts"
import { PinDialog } from "../pin-dialog/pin-dialog.tsx"
import type { ActedOn } from "./release-action.ts"

/** Pin to release for the fleet of a release, which is chosen already. */
export function PinFleet({
  release: { id, fleet: slug },
  onClose,
}: {
  release: ActedOn
  onClose: () => void
}) {
  const params = fleetParams(slug)
  const { data: fleet } = useQuery(question("get /fleets/{organization}/{name}", { params }))
  if (fleet === undefined) return null
  return <PinDialog subject={{ kind: "fleet", fleet }} isOpen onClose={onClose} release={id} />
}
