import { ContentStore } from "../../../src/layout/content-store.ts"
import type { LayoutRepository } from "../../../src/layout/layout-repository.ts"
import { systemClock } from "../../../src/system-clock.ts"
import type { Sample } from "./sample-content.ts"
import { temporaryFolder } from "./temporary-folder.ts"

/** A repository of a fresh content store that holds the samples. */
export async function repositoryWith(...samples: Sample[]): Promise<LayoutRepository> {
  const repository = (await ContentStore.open(await temporaryFolder(), systemClock)).repository("acme/edge")
  for (const { descriptor, body } of samples) await repository.push(descriptor, body)
  return repository
}
