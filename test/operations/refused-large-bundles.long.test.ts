import { describe, test } from "vitest"
import { indexSample, manifestSample, type Sample } from "../support/content/sample-content.ts"
import type { CraftedRelease } from "../support/crafted-bundle.ts"
import { blob, config, expectRefused, image, layer, nested, usePlaces, withImage } from "./refusals.ts"

usePlaces()

describe("a release beyond all limits is refused alike by all that read a bundle:", () => {
  test.each<[what: string, code: string, message: string, crafted: CraftedRelease]>([
    [
      "4000 indexes in each other",
      "LIMIT_EXCEEDED",
      "needs more than 16 indexes in each other",
      withImage(...(nested(4000) as [Sample]), image, config, layer),
    ],
    ["100,001 blobs", "LIMIT_EXCEEDED", "needs more than 100000 configurations and layers", tooManyBlobs()],
  ])("%s", (_, code, message, crafted) => expectRefused(code, message, crafted))
})

function tooManyBlobs(): CraftedRelease {
  const images = Array.from({ length: 11 }, (_, at) =>
    manifestSample(
      config.descriptor,
      Array.from({ length: at === 10 ? 1 : 10_000 }, (_, layer) => blob(`layer ${at} ${layer}`)),
    ),
  )
  return withImage(indexSample(...images), ...images)
}
