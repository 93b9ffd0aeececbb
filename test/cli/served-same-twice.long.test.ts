import { test } from "vitest"
import { served, tellTwice } from "./same-twice.ts"

test("through a server, the same command twice does the same once", async () => {
  await tellTwice(await served())
})
