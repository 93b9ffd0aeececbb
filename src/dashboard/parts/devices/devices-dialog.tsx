import { Modal } from "@mantine/core"
import { useState } from "react"
import { MoveForm } from "./move-form.tsx"
import { RemoveForm } from "./remove-form.tsx"
import { describeSelected, type SelectedDevices } from "./selected-devices.ts"
import { TagsForm } from "./tags-form.tsx"
import { TrackForm } from "./track-form.tsx"

/** What each form gets. It asks the server what would change, and changes it. */
export interface DevicesFormProps {
  selected: SelectedDevices
  onCancel: () => void
  /** It is done, and said. */
  onDone: () => void
}

const FORMS = {
  track: { title: "Track fleet", Form: TrackForm },
  tags: { title: "Tags", Form: TagsForm },
  move: { title: "Move", Form: MoveForm },
  remove: { title: "Remove", Form: RemoveForm },
}

/** What is done to devices, but for Pin to release. */
export type DevicesAction = keyof typeof FORMS

/** Whoever was selected when it was opened is meant, whatever is heard meanwhile. */
interface Opened {
  action: DevicesAction
  selected: SelectedDevices
}

/** The state of a `DevicesDialog`, and what opens it. */
export function useDevicesDialog() {
  const [opened, setOpened] = useState<Opened>()
  const [isOpen, setIsOpen] = useState(false)
  return {
    open(action: DevicesAction, selected: SelectedDevices) {
      setOpened({ action, selected })
      setIsOpen(true)
    },
    dialog: { opened, isOpen, onClose: () => setIsOpen(false) },
  }
}

interface Props {
  opened: Opened | undefined
  isOpen: boolean
  onClose: () => void
  onDone: (action: DevicesAction) => void
}

/** The dialog for what is done to devices, one or many. What was typed goes with it when it is closed. */
export function DevicesDialog({ opened, isOpen, onClose, onDone }: Props) {
  // It is there before it is opened, so that it knows where the focus was.
  return (
    <Modal opened={isOpen} onClose={onClose} title={opened && titleOf(opened)}>
      {opened !== undefined && <Content {...opened} onClose={onClose} onDone={onDone} />}
    </Modal>
  )
}

function Content({ action, selected, onClose, onDone }: Opened & Pick<Props, "onClose" | "onDone">) {
  const { Form } = FORMS[action]
  return (
    <Form
      selected={selected}
      onCancel={onClose}
      onDone={() => {
        onClose()
        onDone(action)
      }}
    />
  )
}

function titleOf({ action, selected }: Opened): string {
  return `${FORMS[action].title}: ${describeSelected(selected)}`
}
