import { mkdir, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { parseVersion } from "../../src/fleet/version.ts"
import { parseComposeFiles } from "../../src/operations/compose-file.ts"
import { type CreateRequest, createRelease } from "../../src/operations/create-release.ts"
import type { Home } from "../../src/operations/home.ts"
import { openHome } from "../../src/operations/home.ts"
import { recordFailure } from "../../src/operations/record-failure.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { blob, makeClient, pushImage } from "../support/registry/content.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { runRegistry } from "../support/running-registry.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

interface Site {
  context: Home
  create(compose: string, request?: Partial<CreateRequest>): ReturnType<typeof createRelease>
  folder: string
}

async function makeSite(): Promise<Site> {
  const folder = await temporaryFolder()
  const context = await openHome({ path: join(folder, "home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => context.close())
  await context.fleets.createFleet({ slug: "acme/edge" }, context.change())
  const composeFile = join(folder, "compose.yml")
  const create = async (compose: string, request: Partial<CreateRequest> = {}) => {
    await writeFile(composeFile, compose)
    return createRelease(context, { fleet: "acme/edge", composeFile, version: "1.2.3", ...request })
  }
  return { context, create, folder }
}

async function registryWithImage(...tags: string[]) {
  const registry = await runRegistry()
  const client = makeClient()
  for (const [at, tag] of tags.entries())
    await pushImage(client.repository(registry.host, "acme/web"), [blob(300, at), blob(2000, 2)], tag)
  await client.close()
  return registry
}

test("a service whose name no fleet takes is refused before its image is asked for", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1")
  const compose = `services: { "-web": { image: "${registry.host}/acme/web:1" } }`
  const since = registry.log.length
  await expect(site.create(compose)).rejects.toMatchObject({ code: "INVALID_RELEASE" })
  expect(registry.log.slice(since)).toEqual([])
  expect(await site.context.fleets.listReleases("acme/edge")).toEqual([])
})

test("a release that its fleet refuses in the end is recorded as failed where that is asked for, with the reason", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1")
  const compose = `services: { web: { image: "${registry.host}/acme/web:1" } }`
  const { context, folder } = site
  const { database } = context
  const version = parseVersion("1.2.3")
  const registries = async () => {
    // Somebody else is faster.
    await database.fleets.recordRelease("acme/edge", sampleRelease("other", { version }), context.change())
    return context.registries()
  }
  await writeFile(join(folder, "compose.yml"), compose)
  const request = {
    fleet: "acme/edge",
    composeFile: join(folder, "compose.yml"),
    version: "1.2.3+rev0",
    commit: "c0ffee0",
    recordFailure: true,
  } as const
  await expect(createRelease({ ...context, registries }, request)).rejects.toMatchObject({
    code: "REVISION_MISMATCH",
  })
  const [release, ...others] = await context.fleets.listReleases("acme/edge")
  expect(release).toMatchObject({ status: "failed", failureReason: expect.stringContaining("rev0") })
  expect(others).toMatchObject([{ status: "success" }])
})

test("a revision that the fleet would not assign is refused before any image is asked for", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1")
  const since = registry.log.length
  const compose = `services: { web: { image: "${registry.host}/acme/web:1" } }`
  for (const [isDraft, reason] of [
    [false, "but the next revision is 0"],
    [true, "but a draft has no revision"],
  ] as const) {
    await expect(
      site.create(compose, { version: "1.2.3+rev5", commit: "c0ffee0", isDraft }),
    ).rejects.toMatchObject({
      code: "REVISION_MISMATCH",
      message: expect.stringContaining(reason),
    })
  }
  expect(registry.log.slice(since)).toEqual([])
  expect(await site.context.fleets.listReleases("acme/edge")).toEqual([])
})

test("a failure that cannot be recorded is still the one that is reported", async () => {
  const site = await makeSite()
  const server = createServer((_, response) => {
    // By another machine that knows nothing of what this one does.
    void site.context.database.fleets
      .removeFleet("acme/edge", site.context.change())
      .then(() => response.writeHead(404).end())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const compose = `services: { web: { image: "127.0.0.1:${port}/acme/web:1" } }`
  await expect(site.create(compose, { recordFailure: true })).rejects.toMatchObject({
    code: "CONTENT_NOT_FOUND",
  })
})

test("of those that create the same release at once, one does and the others find it", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1")
  const composeFile = join(site.folder, "compose.yml")
  await writeFile(composeFile, `services: { web: { image: "${registry.host}/acme/web:1" } }`)
  const clock = new TestClock()
  // No two of them are at the same time.
  let seconds = 0
  const create = async (note?: string) => {
    const now = () => new Date(clock.now() + ++seconds * 1000)
    const request = { fleet: "acme/edge", composeFile, version: "1.2.3", commit: "c0ffee0", note } as const
    return createRelease({ ...site.context, now }, request)
  }
  const created = await Promise.all([create(), create(), create(), create()])
  expect(created.filter(({ wasThere }) => !wasThere)).toHaveLength(1)
  expect(new Set(created.map(({ release }) => release.index.digest)).size).toBe(1)
  await expect(create("other")).rejects.toMatchObject({
    code: "COMMIT_CONFLICT",
    message: expect.stringMatching(/; they differ in the note$/),
  })
  expect(await site.context.fleets.listReleases("acme/edge")).toHaveLength(1)
})

test("a commit whose image has moved is refused before anything is taken in, naming the service", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1", "2")
  const compose = (tag: string) => `services: { web: { image: "${registry.host}/acme/web:${tag}" } }`
  await site.create(compose("1"), { commit: "c0ffee0" })
  const since = registry.log.length
  await expect(site.create(compose("2"), { commit: "c0ffee0", recordFailure: true })).rejects.toMatchObject({
    code: "COMMIT_CONFLICT",
    message: expect.stringMatching(/; they differ in the image of web$/),
  })
  expect(registry.log.slice(since).filter(({ url }) => url.includes("/blobs/"))).toEqual([])
  expect(await site.context.fleets.listReleases("acme/edge")).toHaveLength(1)
})

test("a failure is recorded once for a commit, a version and a reason", async () => {
  const { context } = await makeSite()
  const failure = { fleet: "acme/edge", commit: "C0FFEE0", version: "1.2.3", reason: "no disk" } as const
  expect(await recordFailure(context, failure)).toMatchObject({
    wasThere: false,
    release: { status: "failed", commit: "c0ffee0", revision: null, failureReason: "no disk" },
  })
  expect(await recordFailure(context, failure)).toMatchObject({ wasThere: true })
  for (const other of [{ reason: "no time" }, { version: "1.3.0" }, { commit: "d0d0d0d" }]) {
    expect(await recordFailure(context, { ...failure, ...other })).toMatchObject({ wasThere: false })
  }
  expect(await context.fleets.listReleases("acme/edge")).toHaveLength(4)
  expect(await context.fleets.latestRelease("acme/edge")).toBeUndefined()
})

test("the name of an image takes variables from the .env beside the compose file, and rather from the environment", async () => {
  const site = await makeSite()
  const registry = await registryWithImage("1", "2", "latest")
  await writeFile(join(site.folder, ".env"), `# of this project\nREGISTRY=${registry.host}\nTAG="1"\n`)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is compose that fills this in
  const compose = "services: { web: { image: '${REGISTRY}/acme/web:${TAG:-latest}' } }"
  const digests = new Set<string>()
  for (const environment of [{}, { TAG: "2" }]) {
    const { release } = await site.create(compose, { environment })
    digests.add(release.services[0]?.digest ?? "")
  }
  const { tags } = registry.storage.repository("acme/web")
  expect(digests).toEqual(new Set([tags.get("1"), tags.get("2")]))
})

test("a compose file that cannot be read is named", async () => {
  const site = await makeSite()
  const folder = join(site.folder, "application")
  await mkdir(folder)
  for (const composeFile of [folder, join(folder, "compose.yml")]) {
    await expect(site.create("services: {}", { composeFile })).rejects.toMatchObject({
      code: "INVALID_COMPOSE_FILE",
      message: expect.stringContaining(composeFile),
    })
  }
})

test("a number with a leading zero is octal, as compose reads the mode of a file", () => {
  const text =
    "services: { web: { image: web, configs: [{ source: c, mode: 0440 }], x: [-010, 0o17, 089, '0440'] } }"
  const { composition } = parseComposeFiles([{ path: "compose.yml", text }], {})
  expect(composition).toEqual({
    services: { web: { configs: [{ source: "c", mode: 0o440 }], x: [-8, 15, 89, "0440"] } },
  })
})
