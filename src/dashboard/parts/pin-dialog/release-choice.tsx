import { Button, Code, Group, Radio, Skeleton, Stack, Text, TextInput, VisuallyHidden } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { IconSearch } from "@tabler/icons-react"
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query"
import { useState } from "react"
import { call } from "../../calls/call.ts"
import type { Answer } from "../../calls/routes.ts"
import { fleetParams } from "../fleet-params.ts"
import { ProblemAlert } from "../problem-alert.tsx"
import { ReleaseBadges } from "../release-badges.tsx"
import { Scrolled } from "../scrolled.tsx"
import { TimeAgo } from "../time-ago.tsx"

const LIST = "get /fleets/{organization}/{name}/releases"
const PAGE = 25
/** After the last key, in milliseconds. */
const TYPING = 200

type ReleaseRow = Answer<typeof LIST>["items"][number]

interface Props {
  fleet: string
  /** Who is to be pinned: drafts are for devices alone. */
  pinnable: "fleet" | "device"
  chosen: number | undefined
  onChoose: (release: ReleaseRow) => void
}

/** All successful and valid releases of a fleet, the newest first, found by version, commit and note. */
export function ReleaseChoice({ fleet, pinnable, chosen, onChoose }: Props) {
  const [words, setWords] = useState("")
  const [search] = useDebouncedValue(words.trim(), TYPING)
  const params = fleetParams(fleet)
  const query = { pinnable, with: "use", limit: PAGE, search: search === "" ? undefined : search } as const
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [LIST, { params, query }, "pages"],
    queryFn: ({ pageParam, signal }) =>
      call(LIST, { params, query: { ...query, cursor: pageParam } }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  })
  const releases = data?.pages.flatMap(({ items }) => items)
  return (
    <Stack gap="xs">
      <TextInput
        type="search"
        aria-label="Search releases"
        placeholder="Search version, commit, note"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        data-autofocus
      />
      <ProblemAlert error={error} title="The releases cannot be listed" />
      <Scrolled label="Releases" maxHeight={320}>
        <Radio.Group
          label={<VisuallyHidden>Release</VisuallyHidden>}
          value={chosen === undefined ? null : String(chosen)}
          onChange={(id) => {
            const release = releases?.find((each) => String(each.id) === id)
            if (release !== undefined) onChoose(release)
          }}
        >
          <Stack gap={6} p={4}>
            {releases === undefined && error === null && <Skeleton height={120} />}
            {releases?.length === 0 && (
              <Text size="sm">
                {search === "" ? "The fleet has no release that can be pinned to." : "Nothing matches."}
              </Text>
            )}
            {releases?.map((release) => (
              <Radio key={release.id} value={String(release.id)} label={<ReleaseLine release={release} />} />
            ))}
          </Stack>
        </Radio.Group>
        {hasNextPage && (
          <Button
            variant="subtle"
            size="compact-sm"
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </Scrolled>
    </Stack>
  )
}

function ReleaseLine({ release }: { release: ReleaseRow }) {
  return (
    <Group gap="xs" component="span">
      <Text component="span" fw={600}>
        {release.version}
      </Text>
      <ReleaseBadges {...release} {...release.use} />
      <Code>{release.commit.slice(0, 8)}</Code>
      <Text component="span" size="xs" c="dimmed">
        <TimeAgo at={release.recordedAt} />
      </Text>
    </Group>
  )
}
