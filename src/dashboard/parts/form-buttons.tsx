import { Button, Group } from "@mantine/core"
import { ProblemAlert } from "./problem-alert.tsx"

interface Props {
  /** What the form does, as its button says it. */
  submit: string
  error: Error | null
  /** What an error means here. Default: that of `ProblemAlert`. */
  failure?: string
  isPending: boolean
  /** Whether something is missing yet. */
  isIncomplete?: boolean
  /** Whether it takes something away that cannot be brought back. */
  isDanger?: boolean
  onCancel?: () => void
}

/** The end of a form: what went wrong, with all that was typed still above it, and its buttons. */
export function FormButtons(props: Props) {
  const { submit, error, failure, isPending, isIncomplete = false, isDanger, onCancel } = props
  return (
    <>
      <ProblemAlert error={error} {...(failure !== undefined && { title: failure })} />
      <Group justify="flex-end" gap="sm">
        {onCancel !== undefined && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" loading={isPending} disabled={isIncomplete} {...(isDanger && { color: "red" })}>
          {submit}
        </Button>
      </Group>
    </>
  )
}
