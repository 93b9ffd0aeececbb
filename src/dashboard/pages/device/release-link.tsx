import type { ReleaseName } from "../../calls/answers.ts"
import { fleetParams } from "../../parts/fleet-params.ts"
import { PageLink } from "../../parts/page-link.tsx"

export function ReleaseLink({ release: { fleet, id, version } }: { release: ReleaseName }) {
  return (
    <PageLink
      to="/fleets/$organization/$name/releases/$release"
      params={{ ...fleetParams(fleet), release: String(id) }}
    >
      {version}
    </PageLink>
  )
}
