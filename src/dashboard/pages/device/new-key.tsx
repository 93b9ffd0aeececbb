import { Button, Group, Modal, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import type { Device } from "../../calls/answers.ts"
import { useChange } from "../../calls/queries.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { nameOf } from "../../parts/devices/device-name.ts"
import { FormButtons } from "../../parts/form-buttons.tsx"
import { nameInPath } from "./device-question.ts"

/** Gives a device another key, which is shown this once. */
export function NewKey({ device }: { device: Device }) {
  const [isOpen, { open, close }] = useDisclosure()
  const rotate = useChange("post /devices/{uuid}/key")
  const key = rotate.data?.key
  const finish = () => {
    close()
    rotate.reset()
  }
  return (
    <>
      <Text size="sm">
        The device proves itself to the server with its key. Whoever may have got hold of it loses it by
        another one.
      </Text>
      <Group>
        <Button variant="default" onClick={open}>
          Rotate key
        </Button>
      </Group>
      <Modal
        opened={isOpen}
        onClose={finish}
        title={`Rotate the key of ${nameOf(device)}`}
        closeButtonProps={{ "aria-label": "Close" }}
        // A slip beside it would lose what is shown this once.
        closeOnClickOutside={key === undefined}
        closeOnEscape={key === undefined}
      >
        {key === undefined ? (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              rotate.mutate({ ...nameInPath(device), body: {} })
            }}
          >
            <Stack gap="sm">
              <Text size="sm">
                The key that the device has is good for nothing from then on: it learns of no release until it
                has the new one.
              </Text>
              <FormButtons
                submit="Rotate key"
                error={rotate.error}
                isPending={rotate.isPending}
                onCancel={finish}
              />
            </Stack>
          </form>
        ) : (
          <Stack gap="sm">
            <Text size="sm" role="status">
              This is the new key. It is shown this once: bring it to the device now.
            </Text>
            <CopyText text={key} what="the key" />
            <Group justify="flex-end">
              <Button onClick={finish}>Done</Button>
            </Group>
          </Stack>
        )}
      </Modal>
    </>
  )
}
