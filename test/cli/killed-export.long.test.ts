import { test } from "vitest"
import { everyPart } from "../support/kills/moments.ts"
import { killExports } from "./killed-export.ts"

test.for(everyPart)(
  "an export that is killed at any moment leaves the file of that name as it was, or whole; the next one clears up: $name",
  ({ choice }) => killExports(choice),
)
