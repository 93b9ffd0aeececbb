import { Alert, Button, Group, Text } from "@mantine/core"
import { IconCheck } from "@tabler/icons-react"
import { tellTargetChange } from "../target-change.ts"
import type { ImportedRelease } from "./bundle-calls.ts"

interface Props {
  slug: string
  imported: ImportedRelease
  onClose: () => void
  onShow: (id: number) => void
}

/** What was recorded, and what moved. */
export function ImportDone({ slug, imported, onClose, onShow }: Props) {
  const { id, version, wasThere, isDraft, target, warnings } = imported
  const lines = target === null || wasThere ? [] : tellTargetChange(slug, target)
  return (
    <>
      <Alert
        color="teal"
        icon={<IconCheck aria-hidden />}
        role="status"
        title={
          wasThere
            ? `${slug} had ${version} already: nothing changed`
            : `${version} is recorded${isDraft ? " as a draft" : ""}`
        }
      >
        {[...lines, ...warnings].map((line) => (
          <Text size="sm" key={line}>
            {line}
          </Text>
        ))}
      </Alert>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <Button onClick={() => onShow(id)}>Show the release</Button>
      </Group>
    </>
  )
}
