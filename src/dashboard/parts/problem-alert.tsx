import { Alert, Text } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import { CallError } from "../calls/problem.ts"

/** What the server says is wrong, and what to do next. */
export function ProblemAlert({
  error,
  title = "That did not work",
}: {
  error: Error | null | undefined
  title?: string
}) {
  if (!error) return null
  const hint = error instanceof CallError ? error.hint : undefined
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={title} role="alert">
      <Text size="sm">{error.message}</Text>
      {hint !== undefined && (
        <Text size="sm" mt={4}>
          {hint}
        </Text>
      )}
    </Alert>
  )
}
