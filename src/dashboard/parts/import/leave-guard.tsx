import { Button, Group, Modal, Text } from "@mantine/core"
import { useBlocker } from "@tanstack/react-router"
import { useSyncExternalStore } from "react"
import type { ImportRun } from "./import-run.ts"

const UNDER_WAY = ["checking", "sending", "recording"]

/** Asks whoever leaves while an import is under way: the page, by the router, and the whole tab, by the browser. */
export function LeaveGuard({ run }: { run: ImportRun }) {
  const { phase } = useSyncExternalStore(run.subscribe, run.state)
  const isUnderWay = UNDER_WAY.includes(phase)
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => isUnderWay,
    enableBeforeUnload: isUnderWay,
    withResolver: true,
  })
  if (status !== "blocked") return null
  return (
    <Modal opened onClose={reset} title="Stop the import?">
      <Text>
        It is under way. What was sent is kept for a while: with the same file, it goes on where it was.
        Nothing is recorded before its end.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={reset} data-autofocus>
          Stay
        </Button>
        <Button
          color="red"
          onClick={() => {
            run.pause()
            proceed()
          }}
        >
          Stop and leave
        </Button>
      </Group>
    </Modal>
  )
}
