import { Anchor, Button, Container, Stack, Text, Title } from "@mantine/core"
import { useQueryClient } from "@tanstack/react-query"
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router"
import { CallError } from "../calls/problem.ts"
import { usePageTitle } from "./page-title.ts"

/** A page that cannot be shown: what the server says of it, and what to do next. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const client = useQueryClient()
  const { message, hint, title } = explain(error)
  usePageTitle(title)
  const again = async () => {
    await client.resetQueries()
    reset()
    await router.invalidate()
  }
  return (
    <Container size="sm" py="xl">
      <Stack align="flex-start" role="alert">
        <Title order={1}>{title}</Title>
        <Text>{message}</Text>
        {hint !== undefined && <Text c="dimmed">{hint}</Text>}
        <Button onClick={() => void again()}>Try again</Button>
        <Anchor component={Link} to="/fleets">
          All fleets
        </Anchor>
      </Stack>
    </Container>
  )
}

export function PageMissing() {
  usePageTitle("No such page")
  return (
    <Container size="sm" py="xl">
      <Stack align="flex-start">
        <Title order={1}>No such page</Title>
        <Text>There is nothing at this address.</Text>
        <Anchor component={Link} to="/fleets">
          All fleets
        </Anchor>
      </Stack>
    </Container>
  )
}

function explain(error: unknown): { title: string; message: string; hint?: string | undefined } {
  if (!(error instanceof CallError)) {
    return { title: "This page failed", message: String(error), hint: "load it again" }
  }
  const title =
    error.status === 404
      ? "It is not there"
      : error.status === 403
        ? "No right to see it"
        : "This page failed"
  return { title, message: error.message, hint: error.hint }
}
