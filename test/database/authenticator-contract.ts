import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Database } from "../../src/database/database.ts"
import { hashSecret } from "../../src/fleet/secret.ts"
import { sampleToken } from "../fleet/access-store-contract.ts"
import { at, EDGE, refused, SITE } from "../fleet/contract/site.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"

/** What a server asks of every database beside its stores. `open` gives an empty one; the suite closes it. */
export function describeAuthenticator(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database

    beforeEach(async () => {
      database = await open()
      await database.fleets.createFleet({ slug: EDGE }, at)
      await database.fleets.createFleet({ slug: SITE, registry: "127.0.0.1:5000" }, at)
    })
    afterEach(() => database.close())

    const principal = (secret: string) => database.access.authenticate(hashSecret(secret))

    test("knows a token by the hash of its secret, until it is revoked", async () => {
      const { secret, ...rest } = sampleToken("ci")
      const token = await database.access.createToken({ ...rest, secret }, at)
      expect(await principal(secret)).toEqual({ kind: "token", token })
      await database.access.revokeToken(token.id, at)
      expect(await principal(secret)).toBeUndefined()
    })

    test("knows a token of all organizations", async () => {
      const { secret, ...rest } = sampleToken("root", { organization: null, role: "admin" })
      await database.access.createToken({ ...rest, secret }, at)
      expect(await principal(secret)).toMatchObject({ token: { organization: null, role: "admin" } })
    })

    test("knows a device by its key, in the organization where it is now, until it is removed", async () => {
      const { key } = sampleDevice(1)
      await database.fleets.registerDevice(EDGE, sampleDevice(1), at)
      expect(await principal(key)).toEqual({ kind: "device", uuid: uuidOf(1), organization: "acme" })
      await database.fleets.moveDevices([uuidOf(1)], SITE, at)
      expect(await principal(key)).toEqual({ kind: "device", uuid: uuidOf(1), organization: "site" })
      await database.fleets.removeDevices([uuidOf(1)], at)
      expect(await principal(key)).toBeUndefined()
    })

    test.each(["", "secret", "%", "' or 1 = 1 --", "0".repeat(64)])("knows nobody by %j", async (hash) => {
      await database.access.createToken(sampleToken("ci"), at)
      expect(await database.access.authenticate(hash)).toBeUndefined()
    })

    test("does not take the secret itself for its hash", async () => {
      await database.access.createToken(sampleToken("ci"), at)
      expect(await database.access.authenticate(sampleToken("ci").secret)).toBeUndefined()
    })

    test("refuses a secret that another token has", async () => {
      await database.access.createToken(sampleToken("ci"), at)
      await refused("INVALID_TOKEN", /another token/, () =>
        database.access.createToken(sampleToken("ci"), at),
      )
      expect(await database.access.listTokens(null)).toHaveLength(1)
    })

    test("makes the first token once, also when many ask at once", async () => {
      const made = await Promise.all(
        ["a", "b", "c", "d"].map((name) =>
          database.access.createFirstToken(sampleToken(name, { organization: null, role: "admin" }), at),
        ),
      )
      const first = made.filter((token) => token !== undefined)
      expect(first).toHaveLength(1)
      expect(await database.access.listTokens(null)).toEqual(first)
    })

    test("makes no first token where there ever was one", async () => {
      const { id } = await database.access.createToken(sampleToken("ci"), at)
      await database.access.revokeToken(id, at)
      expect(
        await database.access.createFirstToken(sampleToken("a", { organization: null }), at),
      ).toBeUndefined()
      expect(await database.access.listTokens(null)).toEqual([])
    })

    test("says in one look what a device should run", async () => {
      await database.fleets.registerDevice(SITE, sampleDevice(1), at)
      const device = { uuid: uuidOf(1), fleet: SITE, registry: "127.0.0.1:5000" }
      expect(await database.peekTarget(uuidOf(1))).toEqual({ ...device, target: null, isPinned: false })
      const {
        release: { id, commit },
      } = await database.fleets.recordRelease(SITE, sampleRelease("a"), at)
      const target = { id, fleet: SITE, commit, version: "1.2.3", isInvalidated: false }
      expect(await database.peekTarget(uuidOf(1))).toEqual({ ...device, target, isPinned: false })
      await database.fleets.pinDevices([uuidOf(1)], id, at)
      expect(await database.peekTarget(uuidOf(1))).toEqual({ ...device, target, isPinned: true })
      await refused("DEVICE_NOT_FOUND", /0+2/, () => database.peekTarget(uuidOf(2)))
      await database.fleets.registerDevice(EDGE, sampleDevice(1, { key: sampleDevice(2).key }), at)
      await refused("DEVICE_AMBIGUOUS", /acme\/edge, site\/edge/, () => database.peekTarget(uuidOf(1)))
      expect(await database.peekTarget(uuidOf(1), { organization: "site" })).toMatchObject({ fleet: SITE })
      expect(await principal(sampleDevice(2).key)).toMatchObject({ organization: "acme" })
    })

    test("answers a ping, and stops at a signal", async () => {
      await database.ping()
      const signal = AbortSignal.abort(new Error("stopped"))
      await expect(database.ping({ signal })).rejects.toThrow("stopped")
      await expect(database.peekTarget(uuidOf(1), { signal })).rejects.toThrow("stopped")
      await expect(database.access.authenticate("", { signal })).rejects.toThrow("stopped")
      await expect(database.access.listTokens(null, { signal })).rejects.toThrow("stopped")
      const changed = { ...at, signal }
      await expect(database.access.createToken(sampleToken("a"), changed)).rejects.toThrow("stopped")
      await expect(database.access.createFirstToken(sampleToken("a"), changed)).rejects.toThrow("stopped")
      await expect(database.access.revokeToken(1, changed)).rejects.toThrow("stopped")
    })
  })
}
