import { test } from "vitest"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundles, embedded, refusePins, tellStory } from "./policy-story.ts"

test("the story of twenty devices goes as the release policy says", async () => {
  const registry = await runRegistry()
  await tellStory(await embedded(), registry.host, await bringBundles())
})

test("what may not be pinned is refused with the reason", async () => {
  await refusePins(await embedded())
})
