import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { newTokenSecret } from "../../../src/fleet/secret.ts"
import { sampleDevice } from "../../fleet/sample-device.ts"
import { sampleRelease } from "../../fleet/sample-release.ts"
import { runServer, type TestServer } from "../../support/running-server.ts"
import { Client } from "./client.ts"
import { contentOf, indexOf, manifestOf } from "./images.ts"

const PLACES = {
  "a private fleet": "acme/edge",
  "a public fleet": "acme/open",
  "a fleet with an external registry": "acme/away",
  "a fleet that is not there": "acme/none",
} as const
type Place = keyof typeof PLACES

/** Pull manifest, blob, tags, referrers; begin an upload, push a manifest, mount from a foreign fleet, delete. */
const ALL_MAY = "200 200 200 200 202 201 201 202"
const OWN_MAY = "200 200 200 200 202 201 202 202"
const PULLS = "200 200 200 200"
const PUSH_REFUSED = "403 403 403 403"
const HIDDEN = "404 404 404 404"
const LOGIN = "401 401 401 401"

const outsiders = (row: string) => ({
  "foreign viewer": row,
  "foreign deployer": row,
  "foreign admin": row,
})

const away = {
  nobody: `${LOGIN} ${LOGIN}`,
  anonymous: `${LOGIN} ${LOGIN}`,
  revoked: `${LOGIN} ${LOGIN}`,
  viewer: `${HIDDEN} ${HIDDEN}`,
  deployer: `${HIDDEN} ${HIDDEN}`,
  admin: `${HIDDEN} ${HIDDEN}`,
  ...outsiders(`${HIDDEN} ${HIDDEN}`),
  root: `${HIDDEN} ${HIDDEN}`,
  device: `${HIDDEN} ${PUSH_REFUSED}`,
  "other device": `${HIDDEN} ${PUSH_REFUSED}`,
}
type Caller = keyof typeof away

/** Uploads of blobs alone are passed on to the registry of a fleet. */
const PASSED_ON = `${HIDDEN} 502 404 502 404`

const MAY: Record<Place, Record<Caller, string>> = {
  "a private fleet": {
    nobody: `${LOGIN} ${LOGIN}`,
    anonymous: `${LOGIN} ${LOGIN}`,
    revoked: `${LOGIN} ${LOGIN}`,
    viewer: `${PULLS} ${PUSH_REFUSED}`,
    deployer: OWN_MAY,
    admin: OWN_MAY,
    ...outsiders(`${HIDDEN} ${HIDDEN}`),
    root: ALL_MAY,
    device: `200 200 403 403 ${PUSH_REFUSED}`,
    "other device": `${HIDDEN} ${PUSH_REFUSED}`,
  },
  "a public fleet": {
    // Clients learn by that where they get a token for everybody.
    nobody: `${LOGIN} ${LOGIN}`,
    anonymous: `${PULLS} ${LOGIN}`,
    revoked: `${LOGIN} ${LOGIN}`,
    viewer: `${PULLS} ${PUSH_REFUSED}`,
    deployer: OWN_MAY,
    admin: OWN_MAY,
    ...outsiders(`${PULLS} ${HIDDEN}`),
    root: ALL_MAY,
    device: `${PULLS} ${PUSH_REFUSED}`,
    "other device": `${PULLS} ${PUSH_REFUSED}`,
  },
  // Nobody answers there; what would be passed on gets as far as that.
  "a fleet with an external registry": { ...away, deployer: PASSED_ON, admin: PASSED_ON, root: PASSED_ON },
  "a fleet that is not there": away,
}

const CODES: Record<number, string> = {
  401: "UNAUTHORIZED",
  403: "DENIED",
  404: "NAME_UNKNOWN",
  502: "UNAVAILABLE",
}

const blobs = [contentOf("config"), contentOf("layer")]
const image = manifestOf(blobs)
const release = indexOf([image])
const foreign = contentOf("layer of the other organization")

/** How a secret is shown. */
const WAYS: Record<string, (url: string, secret: string) => Promise<string>> = {
  Basic: async (_, secret) => basic(secret),
  "Bearer with the secret itself": async (_, secret) => `Bearer ${secret}`,
  "a token got by GET": (url, secret) => token(url, { headers: { authorization: basic(secret) } }),
  "a token got by a form": (url, secret) =>
    token(url, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "password", username: "anybody", password: secret }),
    }),
}

function basic(secret: string): string {
  return `Basic ${Buffer.from(`anybody:${secret}`).toString("base64")}`
}

async function token(url: string, request: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${url}/api/v1/registry/token`, request)
  const { token } = (await answer.json()) as { token: string }
  return `Bearer ${token}`
}

/** Fleets with content in them, and the secrets of everyone. */
async function makeWorld() {
  const server = await runServer()
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "acme/edge" }, change())
  await fleets.createFleet({ slug: "acme/open", isPublic: true }, change())
  await fleets.createFleet({ slug: "acme/away", registry: "127.0.0.1:9" }, change())
  await fleets.createFleet({ slug: "site/edge" }, change())
  const root = new Client(server.url, `Bearer ${server.token}`)
  for (const slug of ["acme/edge", "acme/open"]) {
    await root.push(slug, blobs, image)
    await root.pushManifest(slug, release, "1.2.3")
  }
  await root.pushBlob("site/edge", foreign.bytes)
  await fleets.recordRelease(
    "acme/edge",
    sampleRelease("own", { index: release, services: [{ name: "web", ...image }] }),
    change(),
  )
  const [device, other] = [sampleDevice(1), sampleDevice(2)]
  await fleets.registerDevice("acme/edge", device, change())
  await fleets.registerDevice("site/edge", other, change())
  const made = { root: server.token, device: device.key, "other device": other.key }
  const secrets: Partial<Record<Caller, string>> = made
  for (const [organization, prefix] of [
    ["acme", ""],
    ["site", "foreign "],
  ] as const) {
    for (const role of ["viewer", "deployer", "admin"] as const) {
      secrets[`${prefix}${role}`] = (await makeToken(server, organization, role)).secret
    }
  }
  const revoked = await makeToken(server, "acme", "admin")
  secrets.revoked = revoked.secret
  return { server, root, secrets, revokedId: revoked.id }
}

async function makeToken({ home }: TestServer, organization: string, role: "viewer" | "deployer" | "admin") {
  const secret = newTokenSecret(randomBytes)
  const { id } = await home.access.createToken({ name: role, organization, role, secret }, home.change())
  return { id, secret }
}

async function askAll(client: Client, name: string): Promise<{ status: number; code: string | undefined }[]> {
  const manifest = { body: image.bytes, headers: { "content-type": image.mediaType } }
  const questions = [
    client.ask("GET", `/v2/${name}/manifests/${release.digest}`),
    client.ask("GET", `/v2/${name}/blobs/${blobs[1]?.digest}`),
    client.ask("GET", `/v2/${name}/tags/list`),
    client.ask("GET", `/v2/${name}/referrers/${image.digest}`),
    client.ask("POST", `/v2/${name}/blobs/uploads/`),
    client.ask("PUT", `/v2/${name}/manifests/spare`, manifest),
    client.ask("POST", `/v2/${name}/blobs/uploads/?mount=${foreign.digest}&from=site/edge`),
  ]
  const answers = await Promise.all(questions)
  return [...answers, await client.ask("DELETE", `/v2/${name}/manifests/spare`)]
}

test.each(Object.keys(WAYS))(
  "each fleet is as open as it should be to everyone who comes with %s",
  async (way) => {
    const { server, root, secrets, revokedId } = await makeWorld()
    const clients = new Map<Caller, Client>([
      ["nobody", new Client(server.url)],
      ["anonymous", new Client(server.url, await token(server.url))],
    ])
    for (const [caller, secret] of Object.entries(secrets) as [Caller, string][]) {
      clients.set(caller, new Client(server.url, await WAYS[way]?.(server.url, secret)))
    }
    await server.home.access.revokeToken(revokedId, server.home.change())
    const found: Partial<Record<Place, Partial<Record<Caller, string>>>> = {}
    for (const [place, name] of Object.entries(PLACES) as [Place, string][]) {
      const row: Partial<Record<Caller, string>> = {}
      for (const [caller, client] of clients) {
        // Each finds the tag that it tries to delete.
        if (name !== "acme/away" && name !== "acme/none") await root.pushManifest(name, image, "spare")
        const answers = await askAll(client, name)
        for (const { status, code } of answers) expect(code, `${caller} ${status}`).toBe(CODES[status])
        row[caller] = answers.map(({ status }) => status).join(" ")
        // Too many failed logins would be told to wait.
        if (caller === "revoked") clients.delete(caller)
      }
      found[place] = { revoked: `${LOGIN} ${LOGIN}`, ...row }
    }
    expect(found).toEqual(MAY)
    expect(server.lines.filter(({ level, status }) => level === "error" && status !== 502)).toEqual([])
  },
)
