import { test } from "vitest"
import { some } from "../support/kills/moments.ts"
import { killExports } from "./killed-export.ts"

test("an export that is killed leaves the file of that name as it was, or whole; the next one clears up", () =>
  killExports(some(6)))
