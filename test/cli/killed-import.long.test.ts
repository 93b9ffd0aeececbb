import { test } from "vitest"
import { killImportsIntoRegistry, killImportsIntoStore } from "./killed-import.ts"

test("an import into a registry that is killed at any moment leaves the fleet as it was, or complete; the same command goes on and sends only what is missing", () =>
  killImportsIntoRegistry(Number.POSITIVE_INFINITY))

test("an import into the content store that is killed at any moment leaves the fleet as it was, or complete; the same command finishes it", () =>
  killImportsIntoStore(Number.POSITIVE_INFINITY))
