import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { newDeviceKey, newTokenSecret } from "../../src/fleet/secret.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { runServer } from "../support/running-server.ts"

const UUID = uuidOf(1)

/** Two organizations with a fleet, a release and a deployer each; site has a device. */
async function makeWorld() {
  const server = await runServer()
  const { fleets, access, change } = server.home
  const secrets: Record<string, string> = { root: server.token }
  for (const organization of ["acme", "site"]) {
    await fleets.createFleet({ slug: `${organization}/edge`, registry: "registry.example" }, change())
    await fleets.recordRelease(`${organization}/edge`, sampleRelease(organization), change())
    secrets[organization] = newTokenSecret(randomBytes)
    const secret = secrets[organization]
    await access.createToken({ name: organization, organization, role: "deployer", secret }, change())
  }
  await fleets.registerDevice("site/edge", sampleDevice(1), change())
  const ask = async (secret: string, method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return {
      status: answer.status,
      headers: [...answer.headers.keys()],
      body: (await answer.json()) as Record<string, unknown>,
    }
  }
  return { server, secrets, ask }
}

test("registering a uuid tells nothing of another organization's device, and changes nothing for it", async () => {
  const { server, secrets, ask } = await makeWorld()
  const before = await server.home.fleets.getDevice(UUID)
  const register = (uuid: string, key = newDeviceKey(randomBytes)) =>
    ask(secrets.acme ?? "", "POST", "devices", { fleet: "acme/edge", uuid, key })
  const [theirs, free] = [await register(UUID), await register(uuidOf(2))]
  expect(theirs.status).toBe(201)
  expect(theirs.headers).toEqual(free.headers)
  expect(Object.keys(theirs.body)).toEqual(Object.keys(free.body))
  expect((await register(UUID)).body).toMatchObject({ status: 409, code: "DEVICE_EXISTS" })
  expect(await server.home.fleets.getDevice(UUID, { organization: "site" })).toEqual(before)

  const own = await ask(secrets.acme ?? "", "GET", `devices/${UUID}`)
  expect(own.body).toMatchObject({ fleet: "acme/edge" })
  expect((await ask(secrets.site ?? "", "GET", `devices/${UUID}`)).body).toMatchObject({ fleet: "site/edge" })
  const keys = { "site/edge": sampleDevice(1).key, "acme/edge": String(theirs.body.key) }
  for (const [fleet, key] of Object.entries(keys)) {
    expect((await ask(key, "GET", `devices/${UUID}/target`)).body).toMatchObject({ fleet, release: {} })
  }
})

test("a uuid can be taken first by nobody: whoever has the device registers it all the same", async () => {
  const { server, secrets, ask } = await makeWorld()
  const uuid = uuidOf(3)
  const squat = await ask(secrets.site ?? "", "POST", "devices", { fleet: "site/edge", uuid })
  expect(squat.status).toBe(201)
  const owned = await ask(secrets.acme ?? "", "POST", "devices", { fleet: "acme/edge", uuid })
  expect(owned.status).toBe(201)
  const release = (await server.home.fleets.listReleases("acme/edge"))[0]?.id
  const pinned = await ask(secrets.acme ?? "", "PUT", `devices/${uuid}/policy`, { policy: "pinned", release })
  expect(pinned.body).toMatchObject({ fleet: "acme/edge", pin: { id: release } })
  expect((await ask(secrets.site ?? "", "GET", `devices/${uuid}`)).body).toMatchObject({ pin: null })
})

test("a token of all organizations says whose device it means, where two have the uuid", async () => {
  const { secrets, ask } = await makeWorld()
  await ask(secrets.acme ?? "", "POST", "devices", { fleet: "acme/edge", uuid: UUID })
  const root = secrets.root ?? ""
  for (const [method, path, body] of [
    ["GET", `devices/${UUID}`],
    ["GET", `devices/${UUID}/target`],
    ["PUT", `devices/${UUID}/policy`, { policy: "track-fleet" }],
    ["PUT", `devices/${UUID}/current`, { commit: null }],
    ["PUT", `devices/${UUID}/fleet`, { fleet: "acme/edge" }],
    ["PUT", "devices/policy", { uuids: [UUID], policy: "track-fleet" }],
  ] as const) {
    const open = await ask(root, method, path, body)
    expect(open.body, path).toMatchObject({ status: 409, code: "DEVICE_AMBIGUOUS" })
    const named =
      path === "devices/policy"
        ? await ask(root, method, path, { ...body, organization: "acme" })
        : await ask(root, method, `${path}?organization=acme`, body)
    expect(named, path).toMatchObject({ status: 200 })
    expect(JSON.stringify(named.body)).toContain("acme/edge")
    expect(JSON.stringify(named.body)).not.toContain("site/edge")
  }
})

test("a device learns nothing of other fleets by what it reports", async () => {
  const { server, ask } = await makeWorld()
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "site/dock", registry: "registry.example" }, change())
  const {
    release: { commit },
  } = await fleets.recordRelease("site/dock", sampleRelease("secret"), change())
  const report = (text: string) =>
    ask(sampleDevice(1).key, "PUT", `devices/${UUID}/current`, { commit: text })
  const [sister, none] = [await report(commit), await report(sampleRelease("none").commit)]
  expect(sister.body).toMatchObject({ status: 404, code: "RELEASE_NOT_FOUND" })
  expect(JSON.stringify(sister.body)).not.toContain("site/dock")
  const hide = (answer: typeof none) => JSON.stringify(answer).replaceAll(/[0-9a-f]{40}/g, "COMMIT")
  expect(hide(sister)).toBe(hide(none))
  expect((await report(sampleRelease("site").commit)).body).toMatchObject({ current: { fleet: "site/edge" } })
})
