import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { dump } from "../../fixtures/golden/dump.ts"
import { Bundle } from "../../src/bundle/bundle.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { jsonSample, sample } from "../support/content/sample-content.ts"
import { craftBundle } from "../support/crafted-bundle.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

test("a bundle is to the byte that of fixtures/golden/bundle.txt, into a file and into a pipe", async () => {
  const folder = await temporaryFolder()
  const config = jsonSample(
    { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } },
    MediaType.ociConfig,
  )
  const layers = [sample("a layer"), sample("another layer", MediaType.ociLayer, "sha512")]
  const manifest = jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
    },
    MediaType.ociManifest,
  )
  const crafted = `${folder}/crafted.tar`
  await writeFile(
    crafted,
    craftBundle({ services: [["web", manifest]], contents: [manifest, config, ...layers] }),
  )
  const bundle = await Bundle.open(crafted)
  await writeBundleFile(bundle, bundle.plan, `${folder}/release.tar`)
  const piped = Buffer.concat(await Array.fromAsync(bundleBytes(bundle, bundle.plan)))
  await bundle.close()
  const written = await readFile(`${folder}/release.tar`)
  expect(piped).toEqual(written)
  await expect(dump(written)).toMatchFileSnapshot("../../fixtures/golden/bundle.txt")
})

test("the format names the version of node-tar that writes its headers, and no other is installed", async () => {
  const root = join(import.meta.dirname, "../..")
  const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  const installed = JSON.parse(await readFile(join(root, "node_modules/tar/package.json"), "utf8"))
  expect(dependencies.tar).toBe(installed.version)
  expect(await readFile(join(root, "docs/bundle-format.md"), "utf8")).toContain(
    `node-tar ${dependencies.tar} `,
  )
})
