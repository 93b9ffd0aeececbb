import { Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { TargetChange } from "../../calls/answers.ts"
import { ProblemAlert } from "../problem-alert.tsx"
import { sayDone } from "../say.tsx"
import { tellTargetChange } from "../target-change.ts"
import { WORDS } from "./action-words.ts"
import { type ActedOn, act, type ReleaseAction } from "./release-action.ts"
import { UndoAction } from "./undo-action.tsx"

interface Props {
  action: ReleaseAction
  release: ActedOn
  onClose: () => void
  onDone?: (() => void) | undefined
}

/** Says what an action would move, does it, and says what it moved. Asks the server itself. */
export function ActionDialog({ action, release, onClose, onDone }: Props) {
  const client = useQueryClient()
  const { fleet: slug, version } = release
  const words = WORDS[action]
  const preview = useQuery({
    queryKey: ["preview of an action", action, release.id],
    queryFn: ({ signal }) => act(action, release, { isPreview: true, signal }),
    staleTime: 0,
    gcTime: 0,
  })
  const change = useMutation({
    mutationFn: () => act(action, release),
    onSettled: () => client.invalidateQueries(),
    onSuccess: (target) => {
      sayDone(
        <Stack gap={4} align="flex-start">
          <Text size="sm">{words.done(version)}</Text>
          <Moves slug={slug} target={target} />
          <UndoAction action={action} release={release} client={client} />
        </Stack>,
      )
      onClose()
      onDone?.()
    },
  })
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.title(version)}
      styles={{ title: { overflowWrap: "anywhere" } }}
    >
      <Stack>
        <Text size="sm">{words.about}</Text>
        {preview.data !== undefined && (
          <Stack gap={4} role="status">
            <Moves slug={slug} target={preview.data} />
          </Stack>
        )}
        {preview.isPending && <Skeleton height={20} aria-label="What it would move" />}
        <ProblemAlert error={change.error ?? preview.error} title="That cannot be done" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            {...((action === "remove" || action === "invalidate") && { color: "red" })}
            disabled={preview.data === undefined}
            loading={change.isPending}
            onClick={() => change.mutate()}
            data-autofocus
          >
            {words.button}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Moves({ slug, target }: { slug: string; target: TargetChange | null }) {
  if (target === null) return null
  return tellTargetChange(slug, target).map((line) => (
    <Text key={line} size="sm" style={{ overflowWrap: "anywhere" }}>
      {line}
    </Text>
  ))
}
