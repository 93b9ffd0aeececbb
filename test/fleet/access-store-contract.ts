import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { NewToken } from "../../src/fleet/access.ts"
import type { AccessStore } from "../../src/fleet/access-store.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { at, NOW, refused } from "./contract/site.ts"
import { secretOf } from "./sample-device.ts"

/** A store of access without tokens, and the fleets beside it. */
export interface OpenedAccess {
  fleets: FleetStore
  access: AccessStore
  close(): Promise<void>
}

/** A token whose secret comes from its name. */
export function sampleToken(name: string, changes: Partial<NewToken> = {}): NewToken {
  return { name, organization: "acme", role: "deployer", secret: secretOf(name), ...changes }
}

/**
 * What every AccessStore does. `open` gives one without a fleet, and with the token alone that a server is reached
 * with, if with any; the suite closes it.
 */
export function describeAccessStore(name: string, open: () => Promise<OpenedAccess>): void {
  describe(name, () => {
    let opened: OpenedAccess
    let access: AccessStore
    let before: string[]

    beforeEach(async () => {
      opened = await open()
      access = opened.access
      await opened.fleets.createFleet({ slug: "acme/edge" }, at)
      await opened.fleets.createFleet({ slug: "site/edge" }, at)
      before = await names(null)
    })
    afterEach(() => opened.close())

    const names = async (organization: string | null) =>
      (await access.listTokens(organization)).map((token) => token.name)

    test("a token is kept as it was created, without its secret", async () => {
      const token = await access.createToken(sampleToken("ci"), at)
      expect(token).toEqual({
        id: expect.any(Number),
        name: "ci",
        lastUsedAt: null,
        organization: "acme",
        role: "deployer",
        createdAt: NOW.toISOString(),
      })
      expect(await access.listTokens("acme")).toEqual([token])
      expect(JSON.stringify(await access.listTokens(null))).not.toContain(sampleToken("ci").secret)
    })

    test.each(["viewer", "deployer", "admin"] as const)("a token has the role %s", async (role) => {
      expect(await access.createToken(sampleToken("a", { role }), at)).toMatchObject({ role })
    })

    test("tokens are listed in order of creation, of one organization or of all", async () => {
      await access.createToken(sampleToken("z"), at)
      await access.createToken(sampleToken("m", { organization: "site" }), at)
      await access.createToken(sampleToken("b", { organization: null, role: "admin" }), at)
      await access.createToken(sampleToken("a"), at)
      expect(await names("acme")).toEqual(["z", "a"])
      expect(await names("site")).toEqual(["m"])
      expect(await names("none")).toEqual([])
      expect(await names(null)).toEqual([...before, "z", "m", "b", "a"])
    })

    test("two tokens may have one name, and each its own end", async () => {
      const first = await access.createToken(sampleToken("ci"), at)
      const second = await access.createToken(sampleToken("ci", { secret: secretOf("other") }), at)
      await access.revokeToken(first.id, at)
      expect(await access.listTokens("acme")).toEqual([second])
    })

    test("a revoked token is gone, which a second time says", async () => {
      const token = await access.createToken(sampleToken("ci"), at)
      expect(await access.revokeToken(token.id, at)).toEqual(token)
      expect(await access.listTokens("acme")).toEqual([])
      await refused("TOKEN_NOT_FOUND", new RegExp(String(token.id)), () => access.revokeToken(token.id, at))
    })

    test("a token of an organization that is not there is refused", async () => {
      await refused("ORGANIZATION_NOT_FOUND", /no organization none/, () =>
        access.createToken(sampleToken("ci", { organization: "none" }), at),
      )
      expect(await names(null)).toEqual(before)
    })

    test("an organization keeps its tokens when its fleets are gone", async () => {
      const token = await access.createToken(sampleToken("ci"), at)
      await opened.fleets.removeFleet("acme/edge", at)
      expect(await access.listTokens("acme")).toEqual([token])
    })

    test.each<[string, Partial<NewToken>]>([
      ["an empty name", { name: "" }],
      ["a blank name", { name: "  " }],
      ["a name of 101 characters", { name: "x".repeat(101) }],
      ["a name with a NUL", { name: "a\0b" }],
      ["another role", { role: "owner" as NewToken["role"] }],
      ["an inherited role", { role: "constructor" as NewToken["role"] }],
      ["no secret", { secret: "" }],
      ["a secret that can be guessed", { secret: "wbt_hunter2" }],
      ["the key of a device", { secret: secretOf("a").replace("wbt_", "wbd_") }],
    ])("a token with %s is not created", async (_, changes) => {
      const token = sampleToken("ci", changes)
      const error = await access.createToken(token, at).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Error)
      if (token.secret !== "") expect(`${error}`).not.toContain(token.secret)
      expect(await names(null)).toEqual(before)
    })
  })
}
