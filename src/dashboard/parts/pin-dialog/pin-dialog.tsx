import { Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { ProblemAlert } from "../problem-alert.tsx"
import { MovesText } from "./moves-text.tsx"
import { type PinSubject, previewPin, slugOf } from "./pin-subject.ts"
import { ReleaseChoice } from "./release-choice.tsx"
import { usePin } from "./use-pin.tsx"

interface Props {
  subject: PinSubject
  isOpen: boolean
  onClose: () => void
  /** It is pinned, and said. */
  onDone?: (() => void) | undefined
  /** Chosen already, as by what opened the dialog. */
  release?: number | undefined
}

/** Pin to release, for a fleet and for devices: what is chosen, what that moves, and the word for it. */
export function PinDialog({ subject, isOpen, onClose, onDone, release }: Props) {
  const name = subject.kind === "fleet" ? subject.fleet.slug : subject.name
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Pin ${name} to a release`} size="lg">
      <PinForm subject={subject} onClose={onClose} onDone={onDone} release={release} />
    </Modal>
  )
}

/** Begins anew each time that the dialog is opened. */
function PinForm({ subject, onClose, onDone, release }: Omit<Props, "isOpen">) {
  const [chosen, setChosen] = useState(release)
  const pin = usePin(subject)
  const submit = async () => {
    if (chosen === undefined) return
    await pin.mutateAsync(chosen)
    onClose()
    onDone?.()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        // What fails is shown below, and what was chosen stays.
        submit().catch(() => undefined)
      }}
    >
      <Stack>
        <ReleaseChoice
          fleet={slugOf(subject)}
          pinnable={subject.kind === "fleet" ? "fleet" : "device"}
          chosen={chosen}
          onChoose={({ id }) => setChosen(id)}
        />
        <div aria-live="polite">
          {chosen === undefined ? (
            <Text size="sm" c="dimmed">
              Choose a release to see what moves.
            </Text>
          ) : (
            <Preview subject={subject} release={chosen} />
          )}
        </div>
        <ProblemAlert error={pin.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={chosen === undefined} loading={pin.isPending}>
            Pin
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Preview({ subject, release }: { subject: PinSubject; release: number }) {
  const { data, error } = useQuery({
    queryKey: ["preview of a pin", subject, release],
    queryFn: ({ signal }) => previewPin(subject, release, signal),
    staleTime: 0,
  })
  if (error !== null) return <ProblemAlert error={error} title="This pin is not possible" />
  if (data === undefined) return <Skeleton height={24} />
  return <MovesText {...data} />
}
