import { execFile } from "node:child_process"
import { mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { Machine } from "../support/cli.ts"
import { type DockerRegistryOptions, PASSWORD, startDockerRegistry, USER } from "./docker-registry.ts"

const run = promisify(execFile)

interface ReleaseJson {
  release: string
  version: string
  services: Record<string, { digest: string; mediaType: string }>
}

async function runDockerRegistry(options?: DockerRegistryOptions) {
  const registry = await startDockerRegistry(options)
  onTestFinished(() => registry.close())
  return registry
}

/** A machine with the release 1.2.3 of acme/edge, and its bundle in `release.tar`. */
async function machineWithBundle() {
  const machine = await Machine.create("acme/edge")
  await makeSampleApplication(machine.path("application"))
  const release = await machine.json<ReleaseJson>(
    "release create acme/edge -f application/compose.yml --version 1.2.3",
  )
  await machine.ok("release export acme/edge -o release.tar")
  const entries = Object.entries(release.services)
  return { machine, release, services: entries.map(([service, { digest }]) => ({ service, digest })) }
}

async function logIn(machine: Machine, host: string): Promise<void> {
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64")
  await machine.shell(`printf %s '${JSON.stringify({ auths: { [host]: { auth } } })}' > docker/config.json`)
}

/** What skopeo says of an image in a registry: the digest of its manifest or index as it stands there. */
async function digestInRegistry(reference: string, credentials: readonly string[] = []): Promise<string> {
  const { stdout } = await run("sh", [
    "-c",
    'skopeo inspect --tls-verify=false --raw "$@" | sha256sum',
    "sh",
    ...credentials,
    `docker://${reference}`,
  ])
  return `sha256:${stdout.slice(0, 64)}`
}

describe("a bundle as it is", () => {
  test("is inspected by skopeo, service by service", async () => {
    const { machine, release } = await machineWithBundle()
    for (const [service, image] of Object.entries(release.services)) {
      const source = `oci-archive:${machine.path("release.tar")}:${service}`
      const { stdout } = await run("skopeo", ["inspect", "--raw", source])
      expect(JSON.parse(stdout).mediaType).toBe(image.mediaType)
      const platform = ["--override-os", "linux", "--override-arch", "amd64"]
      const inspected = JSON.parse((await run("skopeo", [...platform, "inspect", source])).stdout)
      expect(inspected).toMatchObject({ Os: "linux", Architecture: "amd64" })
    }
  })

  test("is copied by skopeo into a registry, where each service has the digest that the release shows", async () => {
    const { machine, services } = await machineWithBundle()
    const { host } = await runDockerRegistry()
    for (const { service, digest } of services) {
      const target = `${host}/copied/${service}:1.2.3`
      const source = `oci-archive:${machine.path("release.tar")}:${service}`
      await run("skopeo", [
        "--insecure-policy",
        "copy",
        "--all",
        "--dest-tls-verify=false",
        source,
        `docker://${target}`,
      ])
      expect(await digestInRegistry(target)).toBe(digest)
    }
  })

  test("is listed, checked and unpacked by tar and umoci", async () => {
    const { machine, services } = await machineWithBundle()
    const layout = machine.path("layout")
    await mkdir(layout)
    await run("tar", ["-xf", machine.path("release.tar"), "-C", layout])
    const { stdout } = await run("umoci", ["ls", "--layout", layout])
    expect(stdout.trim().split("\n").sort()).toEqual(
      ["1.2.3", ...services.map(({ service }) => service)].sort(),
    )
    await run("umoci", ["unpack", "--rootless", "--image", `${layout}:api`, machine.path("api")])
    expect(await readdir(machine.path("api", "rootfs", "etc"))).toContain("os-release")
    const blobs = await readdir(join(layout, "blobs", "sha256"))
    const sums = blobs.map((hex) => `${hex}  ${join(layout, "blobs", "sha256", hex)}`).join("\n")
    await run("sh", ["-c", 'printf "%s\n" "$1" | sha256sum --check --strict --quiet', "sh", sums])
  })
})

describe.each(["none", "basic", "token"] as const)(
  "an import into docker-registry with %s authentication",
  (auth) => {
    test("brings every service with its digest, once, and mounts what a sister fleet has", async () => {
      const { machine, release, services } = await machineWithBundle()
      const registry = await runDockerRegistry({ auth })
      if (auth !== "none") {
        await machine.ok(`fleet create site/refused --registry ${registry.host}`)
        const refused = await machine.run("release import release.tar site/refused")
        expect(refused.status).toBe(1)
        expect(refused.stderr).toMatch(/^error: .*\nhint: .*log ?in/m)
        await logIn(machine, registry.host)
      }
      const credentials = auth === "none" ? [] : ["--creds", `${USER}:${PASSWORD}`]

      await machine.ok(`fleet create site/edge --registry ${registry.host}/site`)
      const imported = await machine.json<ReleaseJson>("release import release.tar site/edge")
      expect(imported).toMatchObject({
        release: release.release,
        services: release.services,
        version: "1.2.3",
      })
      for (const { service, digest } of services) {
        expect(await digestInRegistry(`${registry.host}/site/site/edge:${service}-1.2.3`, credentials)).toBe(
          digest,
        )
      }
      expect(await digestInRegistry(`${registry.host}/site/site/edge:1.2.3`, credentials)).toBe(
        release.release,
      )

      const again = await machine.run("release import release.tar site/edge")
      expect(again.stdout).toContain("nothing changed")
      expect(again.stderr).toContain("imported without moving a blob: 16 were there already")

      await machine.ok(`fleet create site/spare --registry ${registry.host}/site`)
      const mounted = await machine.run("release import release.tar site/spare")
      expect(mounted.status).toBe(0)
      expect(mounted.stderr).toContain("imported without moving a blob: 16 were mounted")

      await machine.ok("release export site/spare -o back.tar")
      await run("cmp", [machine.path("release.tar"), machine.path("back.tar")])
    })

    test("goes through a pipe as well", async () => {
      const { machine } = await machineWithBundle()
      const registry = await runDockerRegistry({ auth })
      await logIn(machine, registry.host)
      await machine.ok(`fleet create site/edge --registry ${registry.host}`)
      const { status } = await machine.shell(
        "waybill release export acme/edge -o - | waybill release import - site/edge",
      )
      expect(status).toBe(0)
      await machine.ok("release export site/edge -o back.tar")
      await run("cmp", [machine.path("release.tar"), machine.path("back.tar")])
    })
  },
)

test("images that skopeo put into a registry become a release, by tag and by digest", async () => {
  const { machine, services } = await machineWithBundle()
  const { host } = await runDockerRegistry()
  const images = machine.path("application", "images")
  for (const { service } of services) {
    const target = `docker://${host}/build/${service}:7`
    await run("skopeo", [
      "--insecure-policy",
      "copy",
      "--all",
      "--dest-tls-verify=false",
      `oci:${images}:${service}`,
      target,
    ])
  }
  const [first, ...others] = services
  const lines = [
    `  ${first?.service}:\n    image: ${host}/build/${first?.service}:7`,
    ...others.map(
      ({ service, digest }) => `  ${service}:\n    image: docker://${host}/build/${service}@${digest}`,
    ),
  ]
  await machine.shell(`printf '%s\n' "services:" '${lines.join("\n")}' > compose.yml`)
  const created = await machine.json<ReleaseJson>("release create acme/edge -f compose.yml --version 2.0.0")
  expect(Object.entries(created.services).map(([service, { digest }]) => ({ service, digest }))).toEqual(
    services,
  )
})
