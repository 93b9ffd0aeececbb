import { test } from "vitest"
import { everyPart } from "../../support/kills/moments.ts"
import { killServers } from "./kills.ts"

test.for(everyPart)(
  "a server that is killed at any moment keeps what it promised, and pushes go on: $name",
  ({ choice }) => killServers(choice),
)
