import { Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { call, etagOf } from "../../calls/call.ts"
import { fleetParams } from "../fleet-params.ts"
import { MovesText } from "../pin-dialog/moves-text.tsx"
import { movesOfFleet } from "../pin-dialog/pin-subject.ts"
import { sayChanged } from "../pin-dialog/use-pin.tsx"
import { ProblemAlert } from "../problem-alert.tsx"
import type { Fleet } from "../use-fleet.ts"

const POLICY = "put /fleets/{organization}/{name}/policy"
const body = { policy: "track-latest" } as const

interface Props {
  fleet: Fleet
  isOpen: boolean
  onClose: () => void
}

/** Lets a fleet track its latest release, with what that moves. */
export function TrackLatestDialog({ fleet, isOpen, onClose }: Props) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Let ${fleet.slug} track its latest release`}>
      <Form fleet={fleet} onClose={onClose} />
    </Modal>
  )
}

function Form({ fleet, onClose }: Omit<Props, "isOpen">) {
  const client = useQueryClient()
  const params = fleetParams(fleet.slug)
  // What was shown that it moves is what it moves, or nothing.
  const etag = etagOf(fleet)
  const preview = useQuery({
    queryKey: ["preview of tracking latest", fleet],
    queryFn: ({ signal }) => call(POLICY, { params, query: { preview: "true" }, body }, { signal, etag }),
    staleTime: 0,
    gcTime: 0,
  })
  const track = useMutation({
    mutationFn: () => call(POLICY, { params, body }, { etag }),
    onSuccess: (changed) => {
      sayChanged(`${fleet.slug} tracks its latest release`, fleet, changed, client)
      onClose()
    },
    onSettled: () => client.invalidateQueries(),
  })
  return (
    <Stack>
      <Text size="sm">Each release that is recorded as final from then on goes to its devices at once.</Text>
      <div aria-live="polite">
        <ProblemAlert error={preview.error} title="What moves cannot be said" />
        {preview.data === undefined ? (
          preview.error === null && <Skeleton height={24} />
        ) : (
          <MovesText {...movesOfFleet(preview.data.targetChange)} />
        )}
      </div>
      <ProblemAlert error={track.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          onClick={() => track.mutate()}
          disabled={preview.data === undefined || preview.error !== null}
          loading={track.isPending}
        >
          Track latest
        </Button>
      </Group>
    </Stack>
  )
}
