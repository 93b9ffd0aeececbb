import { test } from "vitest"
import { choices } from "../support/kills/moments.ts"
import { killImportsIntoRegistry } from "./killed-import.ts"

test.for(choices)(
  "an import into a registry that is killed at any moment leaves the fleet as it was, or complete; the same command goes on and sends only what is missing: $name",
  ({ choice }) => killImportsIntoRegistry(choice),
)
