import { test } from "vitest"
import { embedded, tellTwice } from "./same-twice.ts"

test("the same command twice does the same once", async () => {
  await tellTwice(await embedded())
})
