import { expect, test } from "vitest"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundles, embedded, refusePins, served, tellStory } from "./policy-story.ts"

test("the story of twenty devices is the same on a folder and through a server", async () => {
  const registry = await runRegistry()
  const bundles = await bringBundles()
  const here = await tellStory(await embedded(), registry.host, bundles)
  const there = await tellStory(await served(), registry.host, bundles)
  expect(there).toEqual(here)
})

test("through a server, what may not be pinned is refused with the reason", async () => {
  await refusePins(await served())
})
