import { test } from "vitest"
import { some } from "../support/kills/moments.ts"
import { killImportsIntoRegistry, killImportsIntoStore } from "./killed-import.ts"

test("an import into a registry that is killed leaves the fleet as it was, or complete; the same command goes on and sends only what is missing", () =>
  killImportsIntoRegistry(some(4)))

test("an import into the content store that is killed leaves the fleet as it was, or complete; the same command finishes it", () =>
  killImportsIntoStore(some(4)))
