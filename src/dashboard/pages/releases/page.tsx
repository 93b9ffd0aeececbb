import { Button, Group, Stack } from "@mantine/core"
import { IconPackageImport } from "@tabler/icons-react"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { createLazyRoute } from "@tanstack/react-router"
import { lazy, Suspense, useEffect } from "react"
import { question } from "../../calls/queries.ts"
import { useMay } from "../../calls/session.ts"
import { DataTable } from "../../parts/data-table.tsx"
import { NothingMatches, NothingYet } from "../../parts/empty.tsx"
import { PAGE_SIZE, Pager } from "../../parts/pager.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { usePageTitle } from "../../shell/page-title.ts"
import { COLUMNS } from "./columns.tsx"
import { ReleasesFilters } from "./filters.tsx"
import type { ReleasesSearch } from "./search.ts"

export const Route = createLazyRoute("/signed-in/fleets/$organization/$name/releases")({ component: Page })

/** Loaded when it is opened. */
const ImportDialog = lazy(async () => {
  const { ImportDialog } = await import("../../parts/import/import-dialog.tsx")
  return { default: ImportDialog }
})

function Page() {
  const params = Route.useParams()
  const search = Route.useSearch()
  const navigate = Route.useNavigate()
  const may = useMay()
  const slug = `${params.organization}/${params.name}`
  usePageTitle("Releases", slug)

  const { page = 1, import: isImporting, ...filters } = search
  const { sort: _, ...looked } = filters
  const isFiltered = Object.values(looked).some((value) => value !== undefined)
  const { data, error } = useQuery({
    ...question("get /fleets/{organization}/{name}/releases", {
      params,
      query: {
        ...filters,
        draft: booleanOf(filters.draft),
        invalidated: booleanOf(filters.invalidated),
        with: "use",
        count: "true",
        limit: PAGE_SIZE,
        offset: (page - 1) * PAGE_SIZE,
      },
    }),
    placeholderData: keepPreviousData,
  })
  const change = (changed: ReleasesSearch, isTyping = false) =>
    void navigate({
      search: { ...search, page: undefined, ...changed },
      replace: isTyping,
      resetScroll: false,
    })
  const setImporting = (isOpen: boolean) =>
    void navigate({ search: { ...search, import: isOpen ? true : undefined }, resetScroll: false })

  // Those of the last page may be gone meanwhile.
  const lastPage = Math.max(1, Math.ceil((data?.total ?? 0) / PAGE_SIZE))
  const isBehind = data !== undefined && page > lastPage
  useEffect(() => {
    if (isBehind) void navigate({ search: { ...search, page: lastPage }, replace: true })
  })

  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" wrap="wrap-reverse">
        <ReleasesFilters search={search} onSearch={change} />
        {may("deploy") && (
          <Button
            leftSection={<IconPackageImport size={18} aria-hidden />}
            onClick={() => setImporting(true)}
          >
            Import release
          </Button>
        )}
      </Group>
      <ProblemAlert error={error} title="The releases could not be listed" />
      {(data !== undefined || error === null) && (
        <DataTable
          label={`Releases of ${slug}`}
          columns={COLUMNS}
          rows={isBehind ? undefined : data?.items}
          keyOf={({ id }) => String(id)}
          sort={search.sort ?? "-recordedAt"}
          onSort={(sort) => change({ sort: sort as ReleasesSearch["sort"] })}
          empty={
            isFiltered ? (
              <NothingMatches onClear={() => void navigate({ search: { sort: search.sort } })} />
            ) : (
              <NothingYet command={`waybill release create ${slug} -f compose.yml --version 1.0.0`}>
                {slug} has no releases yet. Create one, or import a bundle.
              </NothingYet>
            )
          }
        />
      )}
      <Pager page={page} total={data?.total} onPage={(page) => change({ page })} />
      {isImporting && may("deploy") && (
        <Suspense>
          <ImportDialog
            slug={slug}
            onClose={() => setImporting(false)}
            onShow={(id) =>
              void navigate({
                to: "/fleets/$organization/$name/releases/$release",
                params: { ...params, release: String(id) },
              })
            }
          />
        </Suspense>
      )}
    </Stack>
  )
}

function booleanOf(value: "true" | "false" | undefined): boolean | undefined {
  return value === undefined ? undefined : value === "true"
}
