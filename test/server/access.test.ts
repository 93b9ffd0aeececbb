import { randomBytes } from "node:crypto"
import { describe, expect, test } from "vitest"
import { printNewRelease } from "../../src/api/release.ts"
import type { NewRelease } from "../../src/fleet/release.ts"
import { newDeviceKey, newTokenSecret } from "../../src/fleet/secret.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { runServer, type TestServer } from "../support/running-server.ts"
import { type Document, faultOf, routesOf } from "./document.ts"
import { Client } from "./registry/client.ts"
import { type Content, contentOf, indexOf, manifestOf } from "./registry/images.ts"

/** What a route is asked about. */
interface Place {
  organization: string
  slug: string
  release: number
  device: string
  token: number
  /** Of a release that can be recorded. */
  content: Partial<NewRelease>
}

const NEEDS = {
  view: ["viewer", "deployer", "admin", "root"],
  deploy: ["deployer", "admin", "root"],
  administer: ["admin", "root"],
  "view all": ["root"],
  "a token": ["viewer", "deployer", "admin", "root"],
  "any secret": ["viewer", "deployer", "admin", "root", "device", "other device"],
  "own device or view": ["viewer", "deployer", "admin", "root", "device"],
  "own device or deploy": ["deployer", "admin", "root", "device"],
} as const

const OWN_CALLERS = [
  "nobody",
  "wrong",
  "revoked",
  "registry token",
  "pull token",
  "viewer",
  "deployer",
  "admin",
  "root",
  "device",
  "other device",
] as const
type OwnCaller = (typeof OWN_CALLERS)[number]
/** Of the other organization, whose own is foreign to the first. */
const FOREIGN_CALLERS = ["foreign viewer", "foreign deployer", "foreign admin", "foreign device"] as const
const CALLERS = [...OWN_CALLERS, ...FOREIGN_CALLERS]
type Caller = (typeof CALLERS)[number]

/** Whose secret opens nothing here. */
const STRANGERS: readonly Caller[] = ["nobody", "wrong", "revoked", "registry token", "pull token"]

interface Route {
  needs: keyof typeof NEEDS
  /** What whoever may gets. */
  status: number
  /** Of an error that whoever may gets. */
  code?: string
  ask?: (place: Place) => { path: string; body?: unknown; bytes?: string }
  /** What a token gets that asks about another organization. Default: 404. */
  foreign?: number
  /** Who may not is told so before anything is looked for. */
  isRefusedFirst?: boolean
}

const fleet = (place: Place) => `/api/v1/fleets/${place.slug}`
const FLEET = "/api/v1/fleets/{organization}/{name}"
const commit = sampleRelease("own").commit

/** Every route there is, with who may. */
const ROUTES: Record<string, Route> = {
  "GET /healthz": { needs: "any secret", status: 200 },
  "GET /readyz": { needs: "any secret", status: 200 },
  "GET /metrics": { needs: "view all", status: 200 },
  "GET /api/v1/openapi.json": { needs: "a token", status: 200 },
  "GET /api/v1/principal": { needs: "any secret", status: 200 },
  "GET /api/v1/fleets": {
    needs: "view",
    status: 200,
    ask: ({ organization }) => ({ path: `/api/v1/fleets?organization=${organization}` }),
    foreign: 200,
  },
  "GET /api/v1/fleet-overviews": {
    needs: "view",
    status: 200,
    ask: ({ organization }) => ({ path: `/api/v1/fleet-overviews?organization=${organization}` }),
    foreign: 200,
  },
  "GET /api/v1/events": {
    needs: "view",
    status: 200,
    ask: ({ organization }) => ({ path: `/api/v1/events?organization=${organization}` }),
    foreign: 200,
  },
  "POST /api/v1/fleets": {
    needs: "administer",
    status: 201,
    ask: ({ organization }) => ({ path: "/api/v1/fleets", body: { slug: `${organization}/made` } }),
  },
  [`GET ${FLEET}`]: { needs: "view", status: 200, ask: (place) => ({ path: fleet(place) }) },
  [`PATCH ${FLEET}`]: {
    needs: "administer",
    status: 200,
    ask: (place) => ({ path: fleet(place), body: { isPublic: true } }),
  },
  [`DELETE ${FLEET}`]: {
    needs: "administer",
    status: 204,
    ask: (place) => ({ path: `${fleet(place)}?withReleases=true&withDevices=true` }),
  },
  [`PUT ${FLEET}/policy`]: {
    needs: "deploy",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/policy`, body: { policy: "pinned", release: place.release } }),
  },
  [`PUT ${FLEET}/registry`]: {
    needs: "administer",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/registry`, body: { registry: "registry.example" } }),
  },
  [`GET ${FLEET}/device-counts`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/device-counts` }),
  },
  [`GET ${FLEET}/rollout`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/rollout?silentAfter=60` }),
  },
  [`GET ${FLEET}/history`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/history` }),
  },
  [`GET ${FLEET}/releases`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/releases` }),
  },
  [`POST ${FLEET}/releases`]: {
    needs: "deploy",
    status: 201,
    ask: (place) => ({
      path: `${fleet(place)}/releases`,
      body: printNewRelease(sampleRelease("new", place.content), {}),
    }),
  },
  [`GET ${FLEET}/releases/latest`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/releases/latest` }),
  },
  "GET /api/v1/releases": {
    needs: "view",
    status: 200,
    ask: ({ slug }) => ({ path: `/api/v1/releases?commit=${commit}&fleet=${slug}` }),
  },
  "GET /api/v1/releases/{id}/use": {
    needs: "view",
    status: 200,
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}/use` }),
  },
  "GET /api/v1/releases/{id}": {
    needs: "view",
    status: 200,
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}` }),
  },
  "DELETE /api/v1/releases/{id}": {
    needs: "administer",
    status: 204,
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}` }),
  },
  ...Object.fromEntries(
    ["POST", "PUT"].map((method) => [
      `${method} ${FLEET}/bundles`,
      {
        needs: "deploy",
        status: 422,
        code: "NOT_AN_ARCHIVE",
        ask: (place) => ({ path: `${fleet(place)}/bundles`, bytes: "no bundle" }),
      } satisfies Route,
    ]),
  ),
  [`POST ${FLEET}/bundles/check`]: {
    needs: "deploy",
    status: 422,
    code: "NOT_AN_ARCHIVE",
    ask: (place) => ({ path: `${fleet(place)}/bundles/check`, bytes: "no bundle" }),
  },
  [`GET ${FLEET}/imports`]: {
    needs: "view",
    status: 200,
    ask: (place) => ({ path: `${fleet(place)}/imports` }),
  },
  // Its images are in no registry that there is.
  "GET /api/v1/releases/{id}/content": {
    needs: "view",
    status: 502,
    code: "CONTENT_UNAVAILABLE",
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}/content` }),
  },
  "GET /api/v1/releases/{id}/compare/{other}": {
    needs: "view",
    status: 502,
    code: "CONTENT_UNAVAILABLE",
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}/compare/${release}` }),
  },
  "GET /api/v1/releases/{id}/compose": {
    needs: "view",
    status: 200,
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}/compose` }),
  },
  "GET /api/v1/releases/{id}/bundle": {
    needs: "view",
    status: 502,
    code: "CONTENT_UNAVAILABLE",
    ask: ({ release }) => ({ path: `/api/v1/releases/${release}/bundle` }),
  },
  ...Object.fromEntries(
    ["finalize", "invalidate", "validate"].map((verb) => [
      `POST /api/v1/releases/{id}/${verb}`,
      {
        needs: "deploy",
        status: 200,
        ask: ({ release }) => ({ path: `/api/v1/releases/${release}/${verb}` }),
      } satisfies Route,
    ]),
  ),
  "GET /api/v1/devices": {
    needs: "view",
    status: 200,
    ask: ({ slug }) => ({ path: `/api/v1/devices?fleet=${slug}` }),
  },
  "POST /api/v1/devices": {
    needs: "deploy",
    status: 201,
    ask: ({ slug }) => ({ path: "/api/v1/devices", body: { fleet: slug } }),
  },
  "POST /api/v1/devices/{uuid}/key": {
    needs: "deploy",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/key` }),
  },
  "POST /api/v1/devices/preview": {
    needs: "deploy",
    status: 200,
    ask: ({ slug, release }) => ({
      path: "/api/v1/devices/preview",
      body: { devices: { fleet: slug }, policy: "pinned", release },
    }),
  },
  "PUT /api/v1/devices/policy": {
    needs: "deploy",
    status: 200,
    ask: ({ device, release }) => ({
      path: "/api/v1/devices/policy",
      body: { uuids: [device], policy: "pinned", release },
    }),
  },
  "GET /api/v1/devices/{uuid}": {
    needs: "view",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}` }),
  },
  "DELETE /api/v1/devices/{uuid}": {
    needs: "administer",
    status: 204,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}` }),
  },
  "PUT /api/v1/devices/{uuid}/policy": {
    needs: "deploy",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/policy`, body: { policy: "track-fleet" } }),
  },
  "PUT /api/v1/devices/{uuid}/fleet": {
    needs: "deploy",
    status: 200,
    ask: ({ device, slug }) => ({ path: `/api/v1/devices/${device}/fleet`, body: { fleet: slug } }),
  },
  "PUT /api/v1/devices/{uuid}/name": {
    needs: "deploy",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/name`, body: { name: "press 4" } }),
  },
  "PATCH /api/v1/devices/{uuid}/tags": {
    needs: "deploy",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/tags`, body: { tags: { site: "north" } } }),
  },
  "PATCH /api/v1/devices/tags": {
    needs: "deploy",
    status: 200,
    ask: ({ device }) => ({ path: "/api/v1/devices/tags", body: { uuids: [device], tags: { hall: null } } }),
  },
  "PUT /api/v1/devices/fleet": {
    needs: "deploy",
    status: 200,
    ask: ({ device, slug }) => ({ path: "/api/v1/devices/fleet", body: { uuids: [device], fleet: slug } }),
  },
  "POST /api/v1/devices/remove": {
    needs: "administer",
    status: 204,
    ask: ({ device }) => ({ path: "/api/v1/devices/remove", body: { uuids: [device] } }),
  },
  "GET /api/v1/devices/{uuid}/target": {
    needs: "own device or view",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/target` }),
  },
  "PUT /api/v1/devices/{uuid}/current": {
    needs: "own device or deploy",
    status: 200,
    ask: ({ device }) => ({ path: `/api/v1/devices/${device}/current`, body: { commit: null } }),
  },
  "GET /api/v1/tokens": {
    needs: "administer",
    status: 200,
    ask: ({ organization }) => ({ path: `/api/v1/tokens?organization=${organization}` }),
  },
  "POST /api/v1/tokens": {
    needs: "administer",
    status: 201,
    ask: ({ organization }) => ({
      path: "/api/v1/tokens",
      body: { name: "x", organization, role: "viewer" },
    }),
  },
  "DELETE /api/v1/tokens/{id}": {
    needs: "administer",
    status: 200,
    isRefusedFirst: true,
    ask: ({ token }) => ({ path: `/api/v1/tokens/${token}` }),
  },
  // Where nothing is said that could be good or wrong.
  "POST /api/v1/session": {
    needs: "any secret",
    status: 400,
    ask: () => ({ path: "/api/v1/session", body: {} }),
  },
  // Nobody is signed in who shows a secret.
  "GET /api/v1/session": { needs: "any secret", status: 401 },
  "DELETE /api/v1/session": { needs: "any secret", status: 401 },
  "DELETE /api/v1/sessions": { needs: "a token", status: 204 },
  "GET /api/v1/changes": { needs: "a token", status: 200 },
  "POST /api/v1/sign-in-codes": { needs: "a token", status: 201 },
}

const HEALTH = ["GET /healthz", "GET /readyz"]
/** What is answered whoever asks. */
const OPEN = [...HEALTH, "POST /api/v1/session"]

const blobs = [contentOf("config"), contentOf("layer")]
const image = manifestOf(blobs)
const index = indexOf([image])
const descriptor = ({ mediaType, digest, size }: Content) => ({ mediaType, digest, size })
/** What the repositories have of fleets whose images the server keeps. */
const KEPT = { index: descriptor(index), services: [{ name: "web", ...descriptor(image) }] }

/** Two organizations with the same in each, and a secret of everyone. */
class World {
  readonly server: TestServer
  readonly secrets: Partial<Record<Caller, string>> = {}
  own = {} as Place
  foreign = {} as Place
  readonly missing: Place = {
    organization: "none",
    slug: "none/edge",
    release: 4711,
    device: "e".repeat(32),
    token: 4712,
    content: {},
  }
  /** Whether the server has the images of the fleets; else a registry does. */
  readonly #keepsImages: boolean

  constructor(server: TestServer, keepsImages: boolean) {
    this.server = server
    this.#keepsImages = keepsImages
  }

  static async make({ keepsImages = false } = {}): Promise<World> {
    const world = new World(await runServer(), keepsImages)
    const { access, change } = world.server.home
    world.own = await world.#fill("acme", "own")
    world.foreign = await world.#fill("site", "own")
    for (const [organization, prefix] of [
      ["acme", ""],
      ["site", "foreign "],
    ] as const) {
      for (const role of ["viewer", "deployer", "admin"] as const) {
        const secret = newTokenSecret(randomBytes)
        await access.createToken({ name: role, organization, role, secret }, change())
        world.secrets[`${prefix}${role}`] = secret
      }
    }
    world.secrets["registry token"] = await world.#registryToken("")
    world.secrets["pull token"] = await world.#registryToken("?scope=repository:acme/edge:pull")
    const revoked = newTokenSecret(randomBytes)
    const token = { name: "revoked", organization: "acme", role: "admin", secret: revoked } as const
    await access.revokeToken((await access.createToken(token, change())).id, change())
    Object.assign(world.secrets, { revoked, wrong: newTokenSecret(randomBytes), root: world.server.token })
    return world
  }

  async #registryToken(query: string): Promise<string> {
    const login = `Basic ${Buffer.from(`x:${this.server.token}`).toString("base64")}`
    const answer = await fetch(`${this.server.url}/api/v1/registry/token${query}`, {
      headers: { authorization: login },
    })
    return ((await answer.json()) as { token: string }).token
  }

  async #fill(organization: string, seed: string): Promise<Place> {
    const { fleets, access, change } = this.server.home
    const slug: FleetSlug = `${organization}/edge`
    const content = this.#keepsImages ? KEPT : {}
    await fleets.createFleet({ slug, registry: this.#keepsImages ? undefined : "registry.example" }, change())
    if (this.#keepsImages) {
      const root = new Client(this.server.url, `Bearer ${this.server.token}`)
      await root.push(slug, blobs, image)
      await root.pushManifest(slug, index)
    }
    const {
      release: { id },
    } = await fleets.recordRelease(slug, sampleRelease(seed, content), change())
    // What the release is superseded by, so that it can be removed.
    await fleets.recordRelease(slug, sampleRelease("newer", content), change())
    const uuids = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")]
    const keys = [newDeviceKey(randomBytes), newDeviceKey(randomBytes)]
    for (const [at, uuid] of uuids.entries()) {
      await fleets.registerDevice(slug, { uuid, key: keys[at] ?? "" }, change())
    }
    if (organization === "acme") {
      this.secrets.device = keys[0] ?? ""
      this.secrets["other device"] = keys[1] ?? ""
    } else {
      this.secrets["foreign device"] = keys[0] ?? ""
    }
    const secret = newTokenSecret(randomBytes)
    const token = await access.createToken({ name: "old", organization, role: "viewer", secret }, change())
    return { organization, slug, release: id, device: uuids[0] ?? "", token: token.id, content }
  }

  /** Keeps the server from removing the fleets until the test ends. */
  async beginImports(): Promise<void> {
    const store = await this.server.home.store()
    for (const { slug } of [this.own, this.foreign]) await store.repository(slug as FleetSlug).lease()
  }

  async ask(name: string, caller: Caller, place: Place, route = ROUTES[name]) {
    const [method = "", path = ""] = name.split(" ")
    const { path: asked, body, bytes } = route?.ask?.(place) ?? { path }
    const secret = this.secrets[caller]
    const response = await fetch(this.server.url + asked, {
      method,
      headers: {
        ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(bytes !== undefined && { body: new Blob([bytes]) }),
    })
    const { status, headers } = response
    return { status, type: headers.get("content-type") ?? "", text: await textOf(response), headers }
  }
}

/** An answer's text; of a stream, which has no end, nothing. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get("content-type") !== "text/event-stream") return response.text()
  await response.body?.cancel()
  return ""
}

/** What a caller of the first organization gets. */
function expected(route: Route, name: string, caller: OwnCaller, isForeign: boolean): number {
  if (OPEN.includes(name)) return route.status
  if (STRANGERS.includes(caller)) return 401
  const { needs, status } = route
  const isDevice = caller === "device" || caller === "other device"
  if (needs.startsWith("own device") && isDevice) return caller === "device" && !isForeign ? status : 404
  if (isDevice) return needs === "any secret" ? status : 403
  const may = (NEEDS[needs] as readonly OwnCaller[]).includes(caller)
  if (!may && route.isRefusedFirst) return 403
  if (isForeign && caller !== "root") return route.foreign ?? 404
  return may ? status : 403
}

/** The headers of an answer, without what differs from each to the next. */
function headersOf(headers: Headers): Record<string, string> {
  const changing = ["date", "x-request-id", "content-length", "etag"]
  return Object.fromEntries([...headers].map(([name, value]) => [name, changing.includes(name) ? "" : value]))
}

test("the table has every route of the document, and no other", async () => {
  const { server } = await World.make()
  const answer = await fetch(`${server.url}/api/v1/openapi.json`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  const document: Document = JSON.parse(await answer.text())
  const beside = [...HEALTH, "GET /metrics", "GET /api/v1/openapi.json"]
  expect(routesOf(document).concat(beside).toSorted()).toEqual(Object.keys(ROUTES).toSorted())
})

/** Asks as everybody, about what is their own, what is foreign and what is not there. */
async function askAsEverybody(name: string, route: Route, make = World.make): Promise<void> {
  let world = await make()
  const document = JSON.parse((await world.ask("GET /api/v1/openapi.json", "root", world.own)).text)
  for (const caller of CALLERS) {
    const [own, foreign] = caller.startsWith("foreign ")
      ? [world.foreign, world.own]
      : [world.own, world.foreign]
    const answers = []
    // What is refused first: a success may take away what the next would ask for.
    const places = route.ask ? [world.missing, foreign, own] : [own]
    for (const place of places) {
      const isForeign = place !== own
      if (caller === "root" && isForeign) continue
      const answer = await world.ask(name, caller, place, route)
      const status = expected(route, name, caller.replace("foreign ", "") as OwnCaller, isForeign)
      expect(answer, `${caller} about ${place.slug}: ${answer.text}`).toMatchObject({ status })
      if (route.code !== undefined && status === route.status) {
        expect(JSON.parse(answer.text), caller).toMatchObject({ code: route.code })
      }
      if (document.paths[name.split(" ")[1] ?? ""]) {
        expect(faultOf(document, name, answer)).toBeUndefined()
      }
      answers.push({ ...answer, text: hide(answer.text, place), headers: headersOf(answer.headers) })
    }
    if (answers.length === 3) expect(answers[1], caller).toEqual(answers[0])
    if (!name.startsWith("GET") && (answers.at(-1)?.status ?? 0) < 300) world = await make()
  }
}

describe.each(Object.entries(ROUTES))("%s", (name, route) => {
  test("gives everybody what is their own, and tells nobody of what is not", () =>
    askAsEverybody(name, route))
})

describe("of fleets whose images the server keeps", () => {
  const make = () => World.make({ keepsImages: true })
  const inUse = async () => {
    const world = await make()
    await world.beginImports()
    return world
  }
  const missing = { status: 422, code: "CONTENT_MISSING" }
  const busy = { status: 409, code: "CONTENT_IN_USE" }
  const route = (name: string) => ROUTES[name] as Route
  const POST = `POST ${FLEET}/releases`

  test.each([
    ["a release is recorded", POST, {}, make],
    ["a release is removed", "DELETE /api/v1/releases/{id}", {}, make],
    ["a fleet is removed", `DELETE ${FLEET}`, {}, make],
    [
      "a release whose content is missing is refused",
      POST,
      { ...missing, ask: (place: Place) => route(POST).ask?.({ ...place, content: {} }) ?? { path: "" } },
      make,
    ],
    ["a fleet that somebody imports into is not removed", `DELETE ${FLEET}`, busy, inUse],
  ])("%s by whoever may, and nobody else learns of it", (_, name, different, world) =>
    askAsEverybody(name, { ...route(name), ...different }, world),
  )
})

test("an administrator of all reaches every organization", async () => {
  const world = await World.make()
  for (const [name, route] of Object.entries(ROUTES)) {
    if (!name.startsWith("GET") || !route.ask) continue
    expect((await world.ask(name, "root", world.foreign)).status, name).toBe(route.status)
  }
})

/** An answer without the names that the question held. */
function hide(text: string, { organization, slug, release, device, token }: Place): string {
  return text
    .replaceAll(slug, "SLUG")
    .replaceAll(device, "DEVICE")
    .replaceAll(organization, "ORGANIZATION")
    .replaceAll(new RegExp(`\\b(?:${release}|${token})\\b`, "g"), "ID")
}
