import { randomBytes, randomUUID } from "node:crypto"
import { describe, expect, test } from "vitest"
import { newDeviceKey, newTokenSecret } from "../../../src/fleet/secret.ts"
import type { FleetSlug } from "../../../src/fleet/slug.ts"
import { ROUTE_KINDS, type Route } from "../../../src/server/registry/route.ts"
import { sampleRelease } from "../../fleet/sample-release.ts"
import { runServer, type TestServer } from "../../support/running-server.ts"
import { Client } from "./client.ts"
import { contentOf, indexOf, manifestOf } from "./images.ts"

const blobs = [contentOf("config"), contentOf("layer")]
const image = manifestOf(blobs)
const release = indexOf([image])
const spare = contentOf("a layer that nothing needs")

const OWN = "acme/edge"
const FOREIGN = "site/edge"
const MISSING = "none/edge"

/** What is done with a repository, and so what it takes. */
type Need = "login" | "catalog" | "list" | "pull" | "push" | "delete"

interface Row {
  need: Need
  /** Status of success. */
  status: number
  body?: Uint8Array
}

interface Routes {
  path: (repository: string, upload: string) => string
  methods: Record<string, Row>
}

const read = (need: Need) => ({ GET: { need, status: 200 }, HEAD: { need, status: 200 } })
const PUSH: Row = { need: "push", status: 202 }

/** Every route there is, with what each method takes. */
const ROUTES: Record<Route["kind"], Routes> = {
  base: { path: () => "/v2/", methods: read("login") },
  catalog: { path: () => "/v2/_catalog", methods: read("catalog") },
  tags: { path: (name) => `/v2/${name}/tags/list`, methods: read("list") },
  referrers: { path: (name) => `/v2/${name}/referrers/${image.digest}`, methods: read("list") },
  manifest: {
    path: (name) => `/v2/${name}/manifests/spare`,
    methods: {
      ...read("pull"),
      PUT: { need: "push", status: 201, body: image.bytes },
      DELETE: { need: "delete", status: 202 },
    },
  },
  blob: {
    path: (name) => `/v2/${name}/blobs/${spare.digest}`,
    methods: { ...read("pull"), DELETE: { need: "delete", status: 202 } },
  },
  uploads: { path: (name) => `/v2/${name}/blobs/uploads/`, methods: { POST: PUSH } },
  upload: {
    path: (name, upload) => `/v2/${name}/blobs/uploads/${upload}?digest=${spare.digest}`,
    methods: {
      GET: { need: "push", status: 204 },
      PATCH: { ...PUSH, body: spare.bytes },
      PUT: { need: "push", status: 201, body: spare.bytes },
      DELETE: { need: "push", status: 204 },
    },
  },
}

/** Who comes, and with what; those of a registry's tokens are got for the secret before. */
const CALLERS = [
  "nobody",
  "wrong",
  "revoked",
  "anybody's token",
  "device",
  "token of device",
  "foreign device",
  "viewer",
  "token of viewer",
  "pull token of deployer",
  "deployer",
  "token of deployer",
  "admin",
  "token of admin",
  "foreign viewer",
  "foreign admin",
  "token of foreign admin",
  "root",
  "token of root",
] as const
type Caller = (typeof CALLERS)[number]

/** What a caller gets of its own repository, or of one that is foreign to it. */
function expected(caller: Caller, { need, status }: Row, isOwn: boolean, isTarget: boolean): number {
  if (caller === "nobody" || caller === "wrong" || caller === "revoked") return 401
  const isOfAll = need === "login" || need === "catalog"
  if (caller === "anybody's token") return isOfAll ? status : 401
  const changes = need === "push" || need === "delete"
  if (caller.startsWith("pull token") && (changes || need === "catalog")) return 401
  if (isOfAll) return status
  if (caller.includes("device")) {
    if (changes) return 403
    if (!isOwn) return 404
    if (need === "list") return 403
    return isTarget ? status : 404
  }
  if (caller.endsWith("root")) return status
  if (!isOwn) return 404
  return changes && caller.endsWith("viewer") ? 403 : status
}

class World {
  readonly server: TestServer
  readonly root: Client
  readonly clients = new Map<Caller, Client>()

  constructor(server: TestServer) {
    this.server = server
    this.root = new Client(server.url, `Bearer ${server.token}`)
  }

  static async make(): Promise<World> {
    const world = new World(await runServer())
    const { fleets, access, change } = world.server.home
    const secrets: Partial<Record<Caller, string>> = {
      root: world.server.token,
      wrong: newTokenSecret(randomBytes),
    }
    for (const [organization, prefix] of [
      ["acme", ""],
      ["site", "foreign "],
    ] as const) {
      const slug: FleetSlug = `${organization}/edge`
      await fleets.createFleet({ slug }, change())
      await world.root.push(slug, blobs, image)
      await world.root.pushManifest(slug, release)
      await fleets.recordRelease(
        slug,
        sampleRelease("a", { index: release, services: [{ name: "web", ...image }] }),
        change(),
      )
      const key = newDeviceKey(randomBytes)
      await fleets.registerDevice(slug, { uuid: randomBytes(16).toString("hex"), key }, change())
      secrets[`${prefix}device`] = key
      for (const role of ["viewer", "deployer", "admin"] as const) {
        const secret = newTokenSecret(randomBytes)
        const token = await access.createToken({ name: role, organization, role, secret }, change())
        secrets[`${prefix}${role}` as Caller] = secret
        if (prefix !== "" && role === "deployer") {
          secrets.revoked = secret
          await access.revokeToken(token.id, change())
        }
      }
    }
    for (const caller of CALLERS) {
      const [, kind = "", of = ""] = /^(pull token|token) of (.+)$/.exec(caller) ?? []
      const secret = secrets[(of || caller) as Caller]
      const scope = kind.startsWith("pull")
        ? [OWN, FOREIGN, MISSING].map((name) => `scope=repository:${name}:pull`).join("&")
        : ""
      const isIssued = kind !== "" || caller === "anybody's token"
      const bearer = isIssued ? await world.#token(secret, scope) : secret
      world.clients.set(caller, new Client(world.server.url, bearer && `Bearer ${bearer}`))
    }
    return world
  }

  async #token(secret: string | undefined, scope: string): Promise<string> {
    const login = secret && `Basic ${Buffer.from(`x:${secret}`).toString("base64")}`
    const answer = await new Client(this.server.url, login).get(`/api/v1/registry/token?${scope}`)
    return (JSON.parse(answer.text) as { token: string }).token
  }

  /** Makes what a question about that may need, or may have taken away; gives the id of an upload. */
  async prepare(kind: Route["kind"], repository: string): Promise<string> {
    if (repository !== MISSING) {
      if (kind === "blob") await this.root.pushBlob(repository, spare.bytes)
      if (kind === "manifest") await this.root.pushManifest(repository, image, "spare")
      if (kind === "upload") return (await this.root.begin(repository)).split("/").at(-1) ?? ""
    }
    return randomUUID()
  }

  async ask(caller: Caller, kind: Route["kind"], method: string, repository: string) {
    const { path, methods } = ROUTES[kind]
    const upload = await this.prepare(kind, repository)
    const answer = await this.clients.get(caller)?.ask(method, path(repository, upload), {
      body: methods[method]?.body,
      headers: kind === "manifest" ? { "content-type": image.mediaType } : {},
    })
    if (answer === undefined) throw new Error(`who is ${caller}?`)
    const hide = (text: string) => text.replaceAll(repository, "NAME").replaceAll(upload, "UPLOAD")
    const changing = ["date", "x-request-id", "content-length"]
    const headers = [...answer.headers].map(([name, value]) => [
      name,
      changing.includes(name) ? "" : hide(value),
    ])
    return { status: answer.status, text: hide(answer.text), headers: Object.fromEntries(headers) }
  }
}

test("the table has every kind of route, and every method that each takes", async () => {
  expect(Object.keys(ROUTES).toSorted()).toEqual([...ROUTE_KINDS].toSorted())
  const world = await World.make()
  for (const [kind, { methods }] of Object.entries(ROUTES)) {
    const answer = await world.ask("root", kind as Route["kind"], "OPTIONS", OWN)
    expect(answer.status).toBe(405)
    expect(String(answer.headers.allow).split(", ").toSorted(), kind).toEqual(Object.keys(methods).toSorted())
  }
})

describe.each(
  Object.entries(ROUTES).flatMap(([kind, { methods }]) =>
    Object.entries(methods).map(([method, row]) => [method, kind as Route["kind"], row] as const),
  ),
)("%s of %s", (method, kind, row) => {
  test("gives everybody what is their own, and tells nobody of what is not", async () => {
    const world = await World.make()
    const ofAll: Need[] = ["login", "catalog"]
    for (const caller of CALLERS) {
      const [own, foreign] = caller.includes("foreign") ? [FOREIGN, OWN] : [OWN, FOREIGN]
      const answers = []
      for (const repository of ofAll.includes(row.need) ? [own] : [MISSING, foreign, own]) {
        if (caller.endsWith("root") && repository !== own) continue
        const answer = await world.ask(caller, kind, method, repository)
        // A device's release needs the image, but not the layer that nothing needs.
        const status = expected(caller, row, repository === own, kind === "manifest")
        expect(answer, `${caller} about ${repository}: ${answer.text}`).toMatchObject({ status })
        answers.push(answer)
      }
      if (answers.length === 3) expect(answers[1], caller).toEqual(answers[0])
    }
    expect(world.server.lines.filter(({ level }) => level === "error")).toEqual([])
  })
})
