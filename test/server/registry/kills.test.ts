import { test } from "vitest"
import { some } from "../../support/kills/moments.ts"
import { killServers } from "./kills.ts"

test("a server that is killed keeps what it promised, and pushes go on", () => killServers(some(3)))
