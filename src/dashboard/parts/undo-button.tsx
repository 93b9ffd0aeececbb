import { Button } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import { useState } from "react"
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
  const [isRunning, setIsRunning] = useState(false)
  const run = async () => {
    setIsRunning(true)
    try {
      await undo()
      sayDone(done)
    } catch (error) {
      sayFailed(error as Error)
    } finally {
      setIsRunning(false)
      await client.invalidateQueries()
    }
  }
  return (
    <Button size="compact-sm" variant="default" loading={isRunning} onClick={() => void run()}>
      Undo
    </Button>
  )
}
