import { Modal, Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { FormButtons } from "../form-buttons.tsx"
import { ProblemAlert } from "../problem-alert.tsx"
import { MovesText } from "./moves-text.tsx"
import { type PinPreview, type PinSubject, previewPin, slugOf } from "./pin-subject.ts"
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
  const preview = usePreview(subject, chosen)
  const submit = async () => {
    if (chosen === undefined || preview.data === undefined) return
    await pin.mutateAsync({ release: chosen, preview: preview.data })
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
            <Preview {...preview} />
          )}
        </div>
        <FormButtons
          submit="Pin"
          error={pin.error}
          isPending={pin.isPending}
          isIncomplete={preview.data === undefined}
          onCancel={onClose}
        />
      </Stack>
    </form>
  )
}

function usePreview(subject: PinSubject, release: number | undefined) {
  const { data, error } = useQuery({
    queryKey: ["preview of a pin", subject, release],
    queryFn: ({ signal }) => previewPin(subject, release ?? 0, signal),
    enabled: release !== undefined,
    // It is what somebody decides by.
    staleTime: 0,
    gcTime: 0,
  })
  // What was possible and is not any more is not to be decided by.
  return error === null ? { data } : { error }
}

function Preview({ data, error }: { data?: PinPreview | undefined; error?: Error }) {
  if (error !== undefined) return <ProblemAlert error={error} title="This pin is not possible" />
  if (data === undefined) return <Skeleton height={24} />
  return <MovesText {...data} />
}
