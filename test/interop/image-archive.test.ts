import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { openDockerArchive } from "../../src/bundle/docker-archive.ts"
import type { ImageArchive } from "../../src/bundle/image-archive.ts"
import { openOciArchive } from "../../src/bundle/oci-archive.ts"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { readDocument } from "../../src/content/read-document.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { temporaryFolder } from "../archive/support.ts"
import { MemoryContent } from "../support/memory-content.ts"

const folder = temporaryFolder()

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 })
}

function copy(...args: string[]): void {
  run("skopeo", "--insecure-policy", "copy", "--quiet", ...args)
}

/** What skopeo says of the manifest: its own bytes. */
function rawManifest(image: string): string {
  return run("skopeo", "inspect", "--raw", image)
}

/** The types differ: skopeo shows Docker's, Waybill makes an OCI manifest. */
function identity({ digest, size }: Descriptor) {
  return { digest, size }
}

/** Reads everything of an image, so that all of it is verified, and returns its manifest. */
async function readAll(archive: ImageArchive, name: string) {
  try {
    const descriptor = await archive.resolve(name)
    const target = new MemoryContent()
    await copyGraph(archive, await loadGraph(archive, descriptor), target)
    const manifest = await readDocument(target, descriptor)
    return { descriptor, target, text: Buffer.from(manifest).toString() }
  } finally {
    await archive.close()
  }
}

beforeAll(() => {
  mkdirSync(join(folder, "files"))
  writeFileSync(join(folder, "files", "large"), Buffer.alloc(3_000_000, "waybill "))
  writeFileSync(join(folder, "files", "small"), "1")
  run("umoci", "init", "--layout", "layout")
  run("umoci", "new", "--image", "layout:web")
  run("umoci", "insert", "--rootless", "--image", "layout:web", "files/large", "/srv/large")
  run("umoci", "insert", "--rootless", "--image", "layout:web", "files/small", "/srv/small")
})

describe("an oci-archive of skopeo", () => {
  test("gives the manifest that skopeo shows, and every blob of it", async () => {
    copy("oci:layout:web", "oci-archive:web.tar:acme/web:1.0")
    const { descriptor, text, target } = await readAll(
      await openOciArchive(join(folder, "web.tar")),
      "acme/web:1.0",
    )
    expect(text).toBe(rawManifest("oci-archive:web.tar:acme/web:1.0"))
    const inspected = JSON.parse(run("skopeo", "inspect", "oci-archive:web.tar"))
    expect(descriptor.digest).toBe(inspected.Digest)
    for (const layer of inspected.Layers) expect(target.blobs.has(layer)).toBe(true)
  })

  test("without a name is the only image there is", async () => {
    copy("oci:layout:web", "oci-archive:nameless.tar")
    const { text } = await readAll(await openOciArchive(join(folder, "nameless.tar")), "")
    expect(text).toBe(rawManifest("oci-archive:nameless.tar"))
  })

  test("is read the same when it is the layout of umoci, packed by GNU tar", async () => {
    run("tar", "--create", "--file=packed.tar", "--directory=layout", ".")
    const { text } = await readAll(await openOciArchive(join(folder, "packed.tar")), "web")
    expect(text).toBe(rawManifest("oci:layout:web"))
  })
})

describe("a docker-archive of skopeo", () => {
  test("gives the config and the layers that skopeo finds in it", async () => {
    copy("oci:layout:web", "docker-archive:saved.tar:acme/web:1.0")
    const expected = JSON.parse(rawManifest("docker-archive:saved.tar:acme/web:1.0"))
    for (const name of ["", "acme/web:1.0", "docker.io/acme/web:1.0"]) {
      const { text, target } = await readAll(await openDockerArchive(join(folder, "saved.tar")), name)
      const { config, layers } = JSON.parse(text)
      expect([config, ...layers].map(identity)).toEqual([expected.config, ...expected.layers].map(identity))
      const kept = run("skopeo", "inspect", "--config", "--raw", "docker-archive:saved.tar:acme/web:1.0")
      expect(Buffer.from(target.blobs.get(config.digest) ?? []).toString()).toBe(kept)
    }
  })

  test("with two images gives each by its tag", async () => {
    copy("--additional-tag", "acme/spare:2.0", "oci:layout:web", "docker-archive:two.tar:acme/web:1.0")
    const one = await readAll(await openDockerArchive(join(folder, "two.tar")), "acme/web:1.0")
    const two = await readAll(await openDockerArchive(join(folder, "two.tar")), "acme/spare:2.0")
    expect(two.descriptor).toEqual(one.descriptor)
  })
})
