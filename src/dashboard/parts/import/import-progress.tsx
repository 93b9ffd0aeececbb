import { Alert, Button, Group, Progress, Stack, Text } from "@mantine/core"
import { IconPlugConnectedX } from "@tabler/icons-react"
import { useSyncExternalStore } from "react"
import { printBytes } from "../bytes.ts"
import { ProblemAlert } from "../problem-alert.tsx"
import { BundleContents } from "./bundle-contents.tsx"
import type { BundleHead } from "./bundle-head.ts"
import { ImportDone } from "./import-done.tsx"
import type { ImportRun, ImportState } from "./import-run.ts"

interface Props {
  slug: string
  head: BundleHead
  run: ImportRun
  onClose: () => void
  onShow: (id: number) => void
  onAgain: () => void
  onBack: () => void
}

/** How far an import is, and what came of it. */
export function ImportProgress({ slug, head, run, onClose, onShow, onAgain, onBack }: Props) {
  const state = useSyncExternalStore(run.subscribe, run.state)
  const { phase } = state
  if (phase === "done")
    return <ImportDone slug={slug} imported={state.release} onClose={onClose} onShow={onShow} />
  if (phase === "failed") {
    return (
      <>
        <BundleContents head={head} />
        <ProblemAlert error={state.error} title="Nothing was recorded" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            Choose another
          </Button>
          {state.canGoOn && <Button onClick={onAgain}>Go on</Button>}
        </Group>
      </>
    )
  }
  if (phase === "cancelled") {
    return (
      <>
        <Text role="status">The import was cancelled. Nothing was recorded.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            Choose another
          </Button>
          <Button onClick={onClose}>Close</Button>
        </Group>
      </>
    )
  }
  return (
    <>
      <BundleContents head={head} />
      <Bar state={state} />
      {state.waiting !== undefined && (
        <Alert
          color="orange"
          icon={<IconPlugConnectedX aria-hidden />}
          role="status"
          title="It waits for the server"
        >
          <Text size="sm">{state.waiting.message}. It goes on by itself where it was.</Text>
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => run.cancel()}>
          Cancel the import
        </Button>
      </Group>
    </>
  )
}

function Bar({ state }: { state: Exclude<ImportState, { phase: "done" | "failed" }> }) {
  if (state.phase !== "sending") {
    const text = state.phase === "recording" ? "Recording the release" : "Asking what the fleet lacks"
    return (
      <Stack gap={4}>
        <Progress value={100} animated aria-label={text} />
        <Text size="sm" role="status">
          {text}
        </Text>
      </Stack>
    )
  }
  const { sent, total, wasThere, rate, left } = state
  const said = [
    `${printBytes(sent)} of ${printBytes(total)}`,
    rate === undefined ? undefined : `${printBytes(Math.round(rate))}/s`,
    left === undefined ? undefined : `${printTime(left)} left`,
    wasThere === 0 ? undefined : `${printBytes(wasThere)} were there`,
  ]
  return (
    <Stack gap={4}>
      <Progress value={total === 0 ? 100 : (sent / total) * 100} aria-label="Sent" size="lg" />
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
        {said.filter((part) => part !== undefined).join(" · ")}
      </Text>
    </Stack>
  )
}

function printTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
