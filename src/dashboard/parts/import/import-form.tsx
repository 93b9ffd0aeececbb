import { Button, Group, Radio, Stack, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { CallError } from "../../calls/problem.ts"
import { question } from "../../calls/queries.ts"
import { fleetParams } from "../fleet-params.ts"
import { ProblemAlert } from "../problem-alert.tsx"
import type { ImportNames } from "./begun-imports.ts"
import { checkBundle } from "./bundle-calls.ts"
import { BundleContents } from "./bundle-contents.tsx"
import type { BundleHead } from "./bundle-head.ts"
import { checkSize } from "./file-faults.ts"
import { ImportForecast } from "./import-forecast.tsx"

interface Props {
  slug: string
  head: BundleHead
  names: ImportNames
  onChange: (names: ImportNames) => void
  onBack: () => void
  onImport: () => void
}

/** What a bundle is, what it is to be called in the fleet, and what that would do. */
export function ImportForm({ slug, head, names, onChange, onBack, onImport }: Props) {
  const [asked] = useDebouncedValue(names, 300)
  const {
    data: check,
    error,
    isFetching,
  } = useQuery({
    queryKey: ["check of a bundle", slug, head.digest, asked],
    queryFn: async ({ signal }) => {
      const found = await checkBundle(slug, head, asked, signal)
      checkSize(head.file, found.size)
      return found
    },
    placeholderData: keepPreviousData,
  })
  const params = fleetParams(slug)
  const { data: fleet } = useQuery(question("get /fleets/{organization}/{name}", { params }))
  const { data: devices } = useQuery(question("get /fleets/{organization}/{name}/device-counts", { params }))
  const conflict = error ?? (check?.conflict ? new CallError(check.conflict) : undefined)
  const isCurrent = check !== undefined && !isFetching && asked === names && conflict === undefined
  // Nobody says yes to what has not been told yet.
  const isTold = isCurrent && fleet !== undefined && devices !== undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isTold) onImport()
      }}
    >
      <Stack>
        <BundleContents head={head} />
        <TextInput
          label="Version in this fleet"
          description="Leave it empty to keep that of the bundle"
          placeholder={head.version}
          value={names.overrideVersion}
          onChange={(event) => onChange({ ...names, overrideVersion: event.currentTarget.value.trim() })}
        />
        <Radio.Group
          label="Record it as"
          value={names.isDraft ? "draft" : "final"}
          onChange={(value) => onChange({ ...names, isDraft: value === "draft" })}
        >
          <Stack gap="xs" mt={4}>
            <Radio value="final" label="Final: it becomes the fleet's latest release" />
            <Radio value="draft" label="Draft: nothing moves until it is finalized" />
          </Stack>
        </Radio.Group>
        <ProblemAlert error={conflict} title="The fleet refuses it" />
        {conflict === undefined && (
          <ImportForecast slug={slug} isDraft={names.isDraft} check={check} fleet={fleet} devices={devices} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            Choose another
          </Button>
          <Button type="submit" disabled={!isTold} loading={check === undefined && conflict === undefined}>
            Import
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
