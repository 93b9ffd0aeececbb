import { Button, Group, Stack, Text, Title } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconPlus } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import type { Token } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import { NothingYet } from "../../parts/empty.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { TimeAgo } from "../../parts/time-ago.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { CreateToken } from "./create-token.tsx"
import { RevokeToken } from "./revoke-token.tsx"

export const Route = createLazyRoute("/signed-in/tokens")({ component: Tokens })

const COLUMNS: readonly Column<Token>[] = [
  { title: "Name", cell: ({ name }) => <Text fw={600}>{name}</Text> },
  { title: "Role", cell: ({ role }) => role },
  { title: "Organization", cell: ({ organization }) => organization ?? "all" },
  { title: "Created", cell: ({ createdAt }) => <TimeAgo at={createdAt} /> },
  {
    title: "Last used",
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : <TimeAgo at={lastUsedAt} />),
  },
  { title: "Revoke", cell: (token) => <RevokeToken token={token} /> },
]

function Tokens() {
  usePageTitle("Tokens")
  const may = useMay()
  const [isCreating, { open, close }] = useDisclosure()
  const { data, error } = useQuery({ ...question("get /tokens", {}), enabled: may("administer") })
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>Tokens</Title>
        {may("administer") && (
          <Button onClick={open} leftSection={<IconPlus size={16} aria-hidden />}>
            Create token
          </Button>
        )}
      </Group>
      {may("administer") ? (
        <>
          <ProblemAlert error={error} title="The tokens cannot be shown" />
          <DataTable
            label="Tokens"
            columns={COLUMNS}
            rows={data?.items}
            keyOf={({ id }) => String(id)}
            empty={<NothingYet>There is no token.</NothingYet>}
          />
        </>
      ) : (
        <Text>Tokens are seen and made with the role admin.</Text>
      )}
      <CreateToken isOpen={isCreating} onClose={close} />
    </Stack>
  )
}
