import { expect, test } from "vitest"
import { loadGraph } from "../../src/content/graph.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { indexSample, jsonSample, manifestSample, sample } from "../support/content/sample-content.ts"
import { repositoryWith } from "../support/content/sample-source.ts"

const webConfig = jsonSample({ name: "web" }, MediaType.ociConfig)

test("a graph that has more blobs than memory is meant for is refused, and one that has as many is read", async () => {
  const layers = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => sample(`layer ${from + at}`))
  const images = Array.from({ length: 10 }, (_, at) =>
    manifestSample(webConfig.descriptor, layers(at * 10_000, 9_999)),
  )
  const largest = indexSample(...images, manifestSample(webConfig.descriptor, layers(-9, 9)))
  const tooLarge = indexSample(...images, manifestSample(webConfig.descriptor, layers(-10, 10)))
  const ninth = manifestSample(webConfig.descriptor, layers(-9, 9))
  const tenth = manifestSample(webConfig.descriptor, layers(-10, 10))
  const store = await repositoryWith(...images, ninth, tenth, largest, tooLarge)
  expect((await loadGraph(store, largest.descriptor)).layers).toHaveLength(99_999)
  await expect(loadGraph(store, tooLarge.descriptor)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: `${tooLarge.descriptor.digest} needs more than 100000 configurations and layers`,
  })
})
