import { test } from "vitest"
import { choices } from "../support/kills/moments.ts"
import { killImportsIntoStore } from "./killed-import.ts"

test.for(choices)(
  "an import into the content store that is killed at any moment leaves the fleet as it was, or complete; the same command finishes it: $name",
  ({ choice }) => killImportsIntoStore(choice),
)
