import { test } from "vitest"
import { killServers } from "./kills.ts"

test("a server that is killed keeps what it promised, and pushes go on", () => killServers(3))
