import { expect, test } from "vitest"
import { placeOf } from "../../src/cli/pull-commands.ts"

test.each([
  ["http://127.0.0.1:5000", "127.0.0.1:5000"],
  ["http://0.0.0.0:5000", "192.0.2.7:5000"],
  ["http://[::]:5000", "192.0.2.7:5000"],
  ["http://0.0.0.0:80", "192.0.2.7:80"],
  ["https://0.0.0.0:443", "192.0.2.7:443"],
  ["https://[::]:443", "192.0.2.7:443"],
  ["https://laptop:443", "laptop:443"],
  ["http://[2001:db8::7]:5000", "[2001:db8::7]:5000"],
])("a bundle that is served at %s is pulled from %s", (url, place) => {
  expect(placeOf(url, "192.0.2.7")).toBe(place)
})
