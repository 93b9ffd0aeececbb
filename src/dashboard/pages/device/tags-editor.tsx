import { Stack } from "@mantine/core"
import { useState } from "react"
import type { Device } from "../../calls/answers.ts"
import { useChange } from "../../calls/queries.ts"
import { printTags, splitTag, TagsField } from "../../parts/devices/tags-field.tsx"
import { FormButtons } from "../../parts/form-buttons.tsx"
import { sayDone } from "../../parts/say.tsx"
import { nameInPath } from "./device-question.ts"

/** All tags of a device, to be changed at once. */
export function TagsEditor({ device }: { device: Device }) {
  /** What was there when somebody began: tags that others set meanwhile stay. */
  const [edited, setEdited] = useState<{ base: Device["tags"]; tags: string[] }>()
  const base = edited?.base ?? device.tags
  const tags = edited?.tags ?? printTags(base)
  const change = useChange("patch /devices/{uuid}/tags")
  const changes = changesOf(base, tags)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(
          { ...nameInPath(device), body: { tags: changes } },
          {
            onSuccess() {
              sayDone("Done: the tags are changed.")
              setEdited(undefined)
            },
          },
        )
      }}
    >
      <Stack gap="sm">
        <TagsField
          label="Tags of the device"
          description="key=value, or key alone; Enter after each"
          value={tags}
          onChange={(tags) => setEdited({ base, tags })}
        />
        <FormButtons
          submit="Change tags"
          error={change.error}
          isPending={change.isPending}
          isIncomplete={Object.keys(changes).length === 0}
        />
      </Stack>
    </form>
  )
}

/** What has to be set, and with `null` taken away, to get from some tags to others. */
function changesOf(before: Readonly<Record<string, string>>, texts: readonly string[]) {
  const after = new Map(texts.map(splitTag))
  return Object.fromEntries([
    ...Object.keys(before).flatMap((key) => (after.has(key) ? [] : [[key, null] as const])),
    ...[...after].filter(([key, value]) => before[key] !== value),
  ])
}
