import { writeFile } from "node:fs/promises"
import { expect, onTestFinished, test } from "vitest"
import { MediaType } from "../../src/oci/media-types.ts"
import { RELEASE_TYPE } from "../../src/oci/release-type.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { jsonSample, manifestSample } from "../support/content/sample-content.ts"
import { craftBundle } from "../support/crafted-bundle.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, createSample, importBundle } from "../support/sample.ts"
import { serve } from "../support/served.ts"

const REFUSAL = /^error: (\S+) is a release and no image: no engine runs it$/m
const HINT =
  /^hint: name the image of one of its services, which is tagged SERVICE-VERSION, as in web-1\.2\.3$/m

/** A machine in whose home `acme/edge` has a release, with the same in a registry and in a bundle. */
async function setUp() {
  const registry = await runRegistry()
  const machine = await Machine.create("acme/edge", { slug: "site/edge", registry: registry.host })
  const { file, release } = await bringBundle(machine, 1000)
  await importBundle(machine, file, "site/edge")
  const create = async (image: string, words = "") => {
    await writeFile(machine.path("compose.yml"), JSON.stringify({ services: { web: { image } } }))
    return machine.run(`release create acme/edge -f compose.yml --version 2.0.0 ${words}`)
  }
  return { machine, registry, release, create }
}

test("a release is refused where the image of a service is wanted, from a registry and from a bundle", async () => {
  const { registry, release, create } = await setUp()
  const place = `${registry.host}/site/edge`
  for (const [image, name] of [
    [`${place}:1.2.3`, `${place}:1.2.3`],
    [`${place}@${release}`, `${place}@${release}`],
    ["oci-archive:./release.tar:1.2.3", "oci-archive:release.tar:1.2.3"],
  ] as const) {
    for (const words of ["", "--platform linux/amd64"]) {
      const { status, stderr } = await create(image, words)
      expect(REFUSAL.exec(stderr)?.[1]).toBe(name)
      expect(stderr).toMatch(HINT)
      expect(status).toBe(1)
    }
  }
  expect((await create(`${place}:web-1.2.3`)).status).toBe(0)
})

test("through a server, a release is refused as an image by create, by import and when it is recorded", async () => {
  const { machine, registry, create } = await setUp()
  const server = await Machine.create("acme/edge")
  const created = await createSample(server, "acme/edge", { size: 1000 })
  const { url, token } = await serve(server)
  const input = Buffer.from(`${token}\n`)
  await machine.ok(`context create far --server ${url} --token -`, { input })
  const { status, stderr } = await create(`${registry.host}/site/edge:1.2.3`, "--context far")
  expect(REFUSAL.exec(stderr)?.[1]).toBe(`${registry.host}/site/edge:1.2.3`)
  expect(status).toBe(1)

  const config = jsonSample({ os: "linux" }, MediaType.ociConfig)
  const image = manifestSample(config.descriptor, [])
  const inner = jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      artifactType: RELEASE_TYPE,
      manifests: [image.descriptor],
    },
    MediaType.ociIndex,
  )
  const crafted = craftBundle({ services: [["web", inner]], contents: [inner, image, config] })
  await writeFile(machine.path("crafted.tar"), crafted)
  const imported = await machine.run("release import crafted.tar acme/edge --context far")
  expect(imported.stderr).toContain(
    `${inner.descriptor.digest}, the image of service web, is a release and no image`,
  )
  expect(imported.status).toBe(1)

  const home = await openHome({ path: server.path("home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => home.close())
  const known = (await home.fleets.listReleases("acme/edge")).find((one) => one.status === "success")
  if (known?.status !== "success") throw new Error("there is no release")
  const body = {
    ...{ status: "success", commit: "c0ffee0", createdAt: "2026-01-02T03:04:05Z", version: "2.0.0" },
    ...{ composition: {}, contract: null, note: null, tags: {}, index: known.index },
    services: [{ name: "web", ...known.index }],
  }
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const releases = `${url}/api/v1/fleets/acme/edge/releases`
  const answer = await fetch(releases, { method: "POST", headers, body: JSON.stringify(body) })
  expect(await answer.json()).toMatchObject({
    status: 422,
    code: "INVALID_RELEASE",
    detail: `${created.release}, the image of service web, is a release and no image: no engine runs it`,
    hint: expect.stringMatching(/^name the image of one of its services/),
  })
  const listed = await home.fleets.listReleases("acme/edge")
  expect(listed.filter((release) => release.status === "success").map(({ commit }) => commit)).toEqual([
    known.commit,
  ])
})
