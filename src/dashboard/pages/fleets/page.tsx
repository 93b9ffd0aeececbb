import { Button, Group, NativeSelect, Stack, Title } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconPlus } from "@tabler/icons-react"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import { question } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { DataTable } from "../../parts/data-table.tsx"
import { dialogLater } from "../../parts/dialog-later.tsx"
import { NothingMatches, NothingYet } from "../../parts/empty.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { SearchText } from "../../parts/search-text.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { CLASSES } from "./classes.ts"
import { COLUMNS } from "./columns.tsx"

export const Route = createLazyRoute("/signed-in/fleets")({ component: Fleets })

const CreateFleet = dialogLater(() => import("./create-fleet.tsx").then(({ CreateFleet }) => CreateFleet))

function Fleets() {
  usePageTitle("Fleets")
  const { search, class: fleetClass, page = 1 } = Route.useSearch()
  const navigate = Route.useNavigate()
  const may = useMay()
  const [isCreating, { open, close }] = useDisclosure()
  const { data, error } = useQuery({
    ...question("get /fleet-overviews", {
      query: { search, class: fleetClass, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE, count: "true" },
    }),
    placeholderData: keepPreviousData,
  })
  const isFiltered = search !== undefined || fleetClass !== undefined
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>Fleets</Title>
        {may("administer") && (
          <Button onClick={open} leftSection={<IconPlus size={16} aria-hidden />}>
            Create fleet
          </Button>
        )}
      </Group>
      <Group align="end">
        <SearchText
          label="Search"
          placeholder="Part of a name"
          value={search}
          onSearch={(words) =>
            void navigate({ search: (old) => ({ ...old, search: words, page: undefined }), replace: true })
          }
        />
        <NativeSelect
          label="Class"
          value={fleetClass ?? ""}
          data={[{ value: "", label: "all" }, ...CLASSES]}
          onChange={({ currentTarget: { value } }) => {
            const chosen = CLASSES.find((each) => each === value)
            void navigate({ search: (old) => ({ ...old, class: chosen, page: undefined }) })
          }}
        />
      </Group>
      <ProblemAlert error={error} title="The fleets cannot be shown as they are now" />
      <DataTable
        label="Fleets"
        columns={COLUMNS}
        rows={data?.items}
        keyOf={({ fleet }) => fleet.slug}
        empty={
          isFiltered ? (
            <NothingMatches onClear={() => void navigate({ search: {} })} />
          ) : (
            <NothingYet command="waybill fleet create acme/edge">There is no fleet yet.</NothingYet>
          )
        }
      />
      <Pager
        page={page}
        total={data?.total}
        onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next }) })}
      />
      <CreateFleet isOpen={isCreating} onClose={close} />
    </Stack>
  )
}
