import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { expect, onTestFinished, test } from "vitest"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { runServer } from "../support/running-server.ts"

const OTHER = '"9.9.another-one"'

/** A server with a thing of each kind, and what asks it with an `If-Match`. */
async function makeWorld() {
  const server = await runServer()
  const { fleets, access, change } = server.home
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  const { release: old } = await fleets.recordRelease("acme/edge", sampleRelease("a"), change())
  await fleets.recordRelease("acme/edge", sampleRelease("b"), change())
  await fleets.registerDevice("acme/edge", sampleDevice(1), change())
  const secret = `wbt_${"x".repeat(43)}`
  const token = { name: "old", organization: "acme", role: "viewer", secret } as const
  const { id: tokenId } = await access.createToken(token, change())
  const ask = async (method: string, path: string, match?: string, body?: object) => {
    const answer = await fetch(`${server.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.token}`,
        ...(match !== undefined && { "if-match": match }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const { code } = text === "" ? {} : (JSON.parse(text) as { code?: string })
    return { status: answer.status, code, etag: answer.headers.get("etag") ?? "" }
  }
  return {
    server,
    ask,
    device: `devices/${uuidOf(1)}`,
    release: `releases/${old.id}`,
    token: `tokens/${tokenId}`,
  }
}

test.each([
  ["fleets/acme/edge?withReleases=true&withDevices=true", "POLICY_CHANGED"],
  ["device", "POLICY_CHANGED"],
  ["release", "RELEASE_CHANGED"],
  ["token", "PRECONDITION_FAILED"],
] as const)("removing %s honours If-Match", async (what, code) => {
  const { ask, server: _, ...places } = await makeWorld()
  const path = what in places ? places[what as keyof typeof places] : what
  expect(await ask("DELETE", path, OTHER)).toMatchObject({ status: 412, code })
  const done = what === "token" ? 200 : 204
  // Of a token there is no entity tag to be had.
  const etag = what === "token" ? "*" : (await ask("GET", path.split("?")[0] ?? "")).etag
  expect((await ask("DELETE", path, `${OTHER}, ${etag}`)).status).toBe(done)
})

test("what has changed since it was read is not removed", async () => {
  const { ask, device, release } = await makeWorld()
  const seen = { device: (await ask("GET", device)).etag, release: (await ask("GET", release)).etag }
  const id = Number(release.split("/")[1])
  await ask("PUT", `${device}/policy`, undefined, { policy: "pinned", release: id })
  await ask("PUT", `${device}/policy`, undefined, { policy: "track-fleet" })
  expect((await ask("DELETE", device, seen.device)).status).toBe(412)
  expect((await ask("POST", `${release}/invalidate`, seen.release)).status).toBe(200)
  expect((await ask("POST", `${release}/validate`, seen.release)).status).toBe(412)
  expect((await ask("DELETE", release, seen.release)).status).toBe(412)
})

test("making a fleet public honours If-Match", async () => {
  const { ask } = await makeWorld()
  const publish = (match: string) => ask("PATCH", "fleets/acme/edge", match, { isPublic: true })
  expect(await publish(OTHER)).toMatchObject({ status: 412, code: "POLICY_CHANGED" })
  const { etag } = await ask("GET", "fleets/acme/edge")
  expect((await publish(etag)).status).toBe(200)
  const removal = ["DELETE", "fleets/acme/edge?withReleases=true&withDevices=true", etag] as const
  expect(await ask(...removal)).toMatchObject({ status: 412, code: "POLICY_CHANGED" })
})

test.each([
  ["release is removed", "update releases set revision = 7 where id = 1", "DELETE", "", "RELEASE_CHANGED"],
  [
    "release is finalized",
    "update releases set invalidated_at = 'now'",
    "POST",
    "/finalize",
    "RELEASE_CHANGED",
  ],
  [
    "fleet is removed",
    "update fleets set generation = generation + 1",
    "DELETE",
    undefined,
    "POLICY_CHANGED",
  ],
] as const)(
  "what has changed between the look at If-Match and the change is left: a %s",
  async (_, change, method, verb, code) => {
    const { server, ask, release } = await makeWorld()
    const path = verb === undefined ? "fleets/acme/edge" : release
    const { etag } = await ask("GET", path)
    // Readers see what was there until it is committed, and the request waits for that with its own change.
    const other = new DatabaseSync(join(server.homePath, "waybill.db"))
    onTestFinished(() => other.close())
    other.exec(`begin immediate; ${change}`)
    const asked = verb === undefined ? `${path}?withReleases=true&withDevices=true` : `${path}${verb}`
    const answer = ask(method, asked, etag)
    // It is at the database before the last of these is answered.
    for (let round = 0; round < 30; round++) expect((await ask("GET", path)).etag).toBe(etag)
    other.exec("commit")
    expect(await answer).toMatchObject({ status: 412, code })
    expect((await ask("GET", path)).status).toBe(200)
  },
)

test("a preview has no entity tag, and is bound to what `If-Match` names as the change is", async () => {
  const { ask, release } = await makeWorld()
  const fleet = "fleets/acme/edge"
  const policy = { policy: "track-latest" }
  const { etag } = await ask("GET", fleet)
  for (const [method, path, body] of [
    ["PUT", `${fleet}/policy?preview=true`, policy],
    ["POST", `${release}/invalidate?preview=true`, undefined],
  ] as const) {
    expect(await ask(method, path, undefined, body)).toMatchObject({ status: 200, etag: "" })
    expect(await ask(method, path, OTHER, body)).toMatchObject({ status: 412 })
  }
  for (const path of [fleet, release]) {
    expect((await ask("DELETE", `${path}?preview=true`, OTHER)).status).toBe(412)
  }
  expect(await ask("PUT", `${fleet}/policy?preview=yes`, undefined, policy)).toMatchObject({
    status: 400,
    code: "INVALID_REQUEST",
  })
  expect((await ask("GET", fleet)).etag).toBe(etag)
})
