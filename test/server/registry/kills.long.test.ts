import { test } from "vitest"
import { killServers } from "./kills.ts"

test("a server that is killed at any moment keeps what it promised, and pushes go on", () =>
  killServers(Number.POSITIVE_INFINITY))
