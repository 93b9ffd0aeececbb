import type { Device } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"

interface Name {
  uuid: string
  organization?: string | undefined
}

/** A device; `organization` where several have one of this uuid. */
export function deviceQuestion({ uuid, organization }: Name) {
  return question("get /devices/{uuid}", { params: { uuid }, query: { organization } })
}

/** How calls name a device that is known. */
export function nameInPath({ uuid, fleet }: Device) {
  return { params: { uuid }, query: { organization: fleet.split("/")[0] } }
}
