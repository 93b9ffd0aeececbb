import { writeFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"
import { serveBundle } from "../support/served.ts"
import { buildahIn } from "./buildah.ts"
import { writeBusyboxImage } from "./busybox-image.ts"
import { runIn } from "./registry-client.ts"

const PULL = ["--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-tls-verify=false"]

test("skopeo pulls every service and the release from a bundle that is served, as they were exported", async () => {
  const machine = await Machine.create()
  const bundle = await bringBundle(machine)
  const { host } = await serveBundle(machine, bundle.file)
  const run = runIn(machine.folder)
  const images = { ...bundle.images, release: bundle.release }
  for (const [repository, digest] of Object.entries(images)) {
    for (const reference of [`${repository}:1.2.3`, `${repository}@${digest}`]) {
      const raw = ["inspect", "--tls-verify=false", "--raw", `docker://${host}/${reference}`]
      const sum = await run("sh", "-c", 'skopeo "$@" | sha256sum', "sh", ...raw)
      expect(`sha256:${sum.slice(0, 64)}`).toBe(digest)
    }
  }
  for (const [service, digest] of Object.entries(bundle.images)) {
    await run("skopeo", ...PULL, `docker://${host}/${service}:1.2.3`, `oci:pulled:${service}`)
    const pulled = await run("sh", "-c", `skopeo inspect --raw oci:pulled:${service} | sha256sum`)
    expect(`sha256:${pulled.slice(0, 64)}`).toBe(digest)
    const list = await run("skopeo", "list-tags", "--tls-verify=false", `docker://${host}/${service}`)
    expect(JSON.parse(list).Tags).toEqual(["1.2.3"])
  }
})

test.each(["GET", "HEAD"])(
  "a bundle that is served names the digest of what it answers to %s",
  async (method) => {
    const machine = await Machine.create()
    const bundle = await bringBundle(machine)
    const { url } = await serveBundle(machine, bundle.file)
    for (const [repository, digest] of Object.entries({ ...bundle.images, release: bundle.release })) {
      for (const reference of ["1.2.3", digest]) {
        const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, { method })
        expect(answer.status).toBe(200)
        expect(answer.headers.get("docker-content-digest")).toBe(digest)
        const bytes = await answer.bytes()
        if (method === "GET") expect(digestOf(bytes)).toBe(digest)
        else expect(bytes).toHaveLength(0)
      }
    }
  },
)

test("nothing can be pushed to a bundle that is served, nor deleted", async () => {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const { host } = await serveBundle(machine, file)
  const run = runIn(machine.folder)
  const push = [
    "--insecure-policy",
    "copy",
    "--quiet",
    "--dest-tls-verify=false",
    "oci:application/images:api",
  ]
  const refusal = "this registry is read-only"
  await expect(run("skopeo", ...push, `docker://${host}/api:2.0.0`)).rejects.toThrow(refusal)
  const remove = ["delete", "--tls-verify=false", `docker://${host}/api:1.2.3`]
  await expect(run("skopeo", ...remove)).rejects.toThrow(refusal)
  await run("skopeo", ...PULL, `docker://${host}/api:1.2.3`, "oci:pulled:api")
  expect((await machine.run(["release", "verify", file])).status).toBe(0)
})

test("buildah pulls a service from a bundle that is served, and runs a command in it", async () => {
  const machine = await Machine.create("acme/edge")
  const run = runIn(machine.folder)
  await writeBusyboxImage(machine.folder, run)
  await writeFile(machine.path("compose.yml"), "services:\n  app:\n    image: oci:images:app\n")
  await machine.ok("release create acme/edge -f compose.yml --version 1.2.3")
  await machine.ok("release export acme/edge -o release.tar")
  const { host } = await serveBundle(machine, "release.tar")

  const buildah = await buildahIn(machine.folder, run)
  const container = await buildah("from", "--tls-verify=false", `${host}/app:1.2.3`)
  const script = 'busybox cat /etc/message; echo "$GREETING"'
  const output = await buildah("run", "--isolation", "chroot", container, "--", "/bin/sh", "-c", script)
  expect(output).toBe("tested\nhello")
})
