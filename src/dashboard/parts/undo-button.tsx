import { Button } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import { sayDone, sayFailed } from "./say.tsx"

interface Props {
  /** Fails where somebody has changed it since. */
  undo: () => Promise<unknown>
  /** What is said when it is undone. */
  done: string
  client: QueryClient
}

/** Takes back what was said to be done. */
export function UndoButton({ undo, done, client }: Props) {
  const run = async () => {
    try {
      await undo()
      sayDone(done)
    } catch (error) {
      sayFailed(error as Error)
    } finally {
      await client.invalidateQueries()
    }
  }
  return (
    <Button size="compact-sm" variant="default" onClick={() => void run()}>
      Undo
    </Button>
  )
}
