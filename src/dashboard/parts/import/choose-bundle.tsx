import { Alert, Button, FileButton, Group, Paper, Stack, Text } from "@mantine/core"
import { useWindowEvent } from "@mantine/hooks"
import { IconPackageImport, IconRefresh } from "@tabler/icons-react"
import { useState } from "react"
import { printBytes } from "../bytes.ts"
import { type BegunImport, begunImports, forgetImport } from "./begun-imports.ts"
import { cancelUpload } from "./blob-upload.ts"

/** Takes a bundle by drop or by button, and names those that were begun and can go on. */
export function ChooseBundle({ slug, onChoose }: { slug: string; onChoose: (file: File) => void }) {
  const [isOver, setOver] = useState(false)
  // Wherever on the page it is dropped: beside the place for it, the browser would leave the page and open it.
  useWindowEvent("dragover", (event) => {
    event.preventDefault()
    setOver(true)
  })
  useWindowEvent("dragleave", () => setOver(false))
  useWindowEvent("drop", (event) => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer?.files[0]
    if (file !== undefined) onChoose(file)
  })
  return (
    <>
      <Begun slug={slug} />
      <Paper
        withBorder
        p="xl"
        data-testid="drop"
        style={{
          borderStyle: "dashed",
          ...(isOver && { borderColor: "var(--mantine-primary-color-filled)" }),
        }}
      >
        <Stack align="center" gap="sm">
          <IconPackageImport size={40} aria-hidden />
          <Text>Drop a bundle here, the file of `waybill release export`, or</Text>
          <FileButton onChange={(file) => file !== null && onChoose(file)} accept=".tar,application/x-tar">
            {(props) => (
              <Button {...props} data-autofocus>
                Choose a file
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed">
            It is read here first: nothing is sent before you say so.
          </Text>
        </Stack>
      </Paper>
    </>
  )
}

/** Imports that a reload, or the server, has broken off. */
function Begun({ slug }: { slug: string }) {
  const [begun, setBegun] = useState(() => begunImports(slug))
  const forget = ({ digest, uploads }: BegunImport) => {
    for (const location of Object.values(uploads)) void cancelUpload(location)
    forgetImport(slug, digest)
    setBegun(begunImports(slug))
  }
  return begun.map((each) => (
    <Alert
      key={each.digest}
      color="cyan"
      icon={<IconRefresh aria-hidden />}
      title={`The import of ${each.version} has not ended`}
    >
      <Group justify="space-between">
        <Text size="sm">
          Choose {each.file.name} ({printBytes(each.file.size)}) again, and it goes on where it was.
        </Text>
        <Button size="compact-sm" variant="default" onClick={() => forget(each)}>
          Give it up
        </Button>
      </Group>
    </Alert>
  ))
}
