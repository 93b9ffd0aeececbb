import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Database } from "../../src/database/database.ts"
import type { Token } from "../../src/fleet/access.ts"
import { hashSecret } from "../../src/fleet/secret.ts"
import { MAX_CODES, MAX_SESSIONS } from "../../src/fleet/session.ts"
import type { SessionStore } from "../../src/fleet/session-store.ts"
import { sampleToken } from "./access-store-contract.ts"
import { at, EDGE, NOW, refused } from "./contract/site.ts"

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const later = (milliseconds: number) => ({ now: new Date(NOW.getTime() + milliseconds) })
const endsIn = (milliseconds: number) => later(milliseconds).now.toISOString()
/** The hash of a secret, which is all that the store gets to see. */
const hashOf = (name: string) => hashSecret(name)

/** Who is signed in, in a database. `open` gives an empty one; the suite closes it. */
export function describeSessionStore(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database
    let sessions: SessionStore
    let token: Token

    beforeEach(async () => {
      database = await open()
      sessions = database.sessions
      await database.fleets.createFleet({ slug: EDGE }, at)
      token = await database.access.createToken(sampleToken("ci"), at)
    })
    afterEach(() => database.close())

    test("a session is found by the hash of its secret, with its token, until it is ended", async () => {
      const session = await sessions.beginSession(token.id, hashOf("a"), at)
      expect(session).toEqual({ id: expect.any(Number), token, expiresAt: endsIn(7 * DAY) })
      expect(await sessions.findSession(hashOf("a"), at)).toEqual(session)
      expect(await sessions.findSession(hashOf("b"), at)).toBeUndefined()
      expect(await sessions.findSession("a", at)).toBeUndefined()
      await sessions.endSession(session?.id ?? 0)
      expect(await sessions.findSession(hashOf("a"), at)).toBeUndefined()
      await sessions.endSession(session?.id ?? 0)
    })

    test("a session that nobody uses ends after 7 days, and one that is used after 30", async () => {
      const id = (await sessions.beginSession(token.id, hashOf("a"), at))?.id ?? 0
      const find = (milliseconds: number) => sessions.findSession(hashOf("a"), later(milliseconds))
      expect(await find(7 * DAY - 1)).toMatchObject({ expiresAt: endsIn(7 * DAY) })
      expect(await find(7 * DAY)).toBeUndefined()
      for (let day = 6; day < 30; day += 6) await sessions.noteSessionUse(id, later(day * DAY))
      expect(await find(30 * DAY - 1)).toMatchObject({ expiresAt: endsIn(30 * DAY) })
      expect(await find(30 * DAY)).toBeUndefined()
    })

    test("a use is noted once a minute", async () => {
      const id = (await sessions.beginSession(token.id, hashOf("a"), at))?.id ?? 0
      const uses = async (milliseconds: number) => {
        await sessions.noteSessionUse(id, later(milliseconds))
        await database.access.noteTokenUse(token.id, later(milliseconds))
        const [found] = await database.access.listTokens("acme")
        const session = await sessions.findSession(hashOf("a"), later(milliseconds))
        return [session?.expiresAt, found?.lastUsedAt]
      }
      expect(await uses(MINUTE - 1)).toEqual([endsIn(7 * DAY), endsIn(MINUTE - 1)])
      expect(await uses(MINUTE)).toEqual([endsIn(7 * DAY + MINUTE), endsIn(MINUTE - 1)])
      expect(await uses(2 * MINUTE - 2)).toEqual([endsIn(7 * DAY + MINUTE), endsIn(MINUTE - 1)])
      expect(await uses(2 * MINUTE - 1)).toEqual([endsIn(7 * DAY + MINUTE), endsIn(2 * MINUTE - 1)])
    })

    test("a token that is revoked takes its sessions and codes with it, and no others", async () => {
      const other = await database.access.createToken(
        sampleToken("other", { organization: null, role: "admin" }),
        at,
      )
      await sessions.beginSession(token.id, hashOf("a"), at)
      await sessions.beginSession(other.id, hashOf("b"), at)
      await sessions.createCode(token.id, hashOf("c"), at)
      await database.access.revokeToken(token.id, at)
      expect(await sessions.findSession(hashOf("a"), at)).toBeUndefined()
      expect(await sessions.redeemCode(hashOf("c"), hashOf("d"), at)).toBeUndefined()
      expect(await sessions.beginSession(token.id, hashOf("d"), at)).toBeUndefined()
      await refused("TOKEN_NOT_FOUND", new RegExp(`${token.id}`), () =>
        sessions.createCode(token.id, hashOf("e"), at),
      )
      expect(await sessions.findSession(hashOf("b"), at)).toMatchObject({ token: other })
    })

    test("all sessions and codes of a token end at once", async () => {
      for (const name of ["a", "b"]) await sessions.beginSession(token.id, hashOf(name), at)
      await sessions.createCode(token.id, hashOf("c"), at)
      await sessions.endSessionsOf(token.id)
      for (const name of ["a", "b"]) expect(await sessions.findSession(hashOf(name), at)).toBeUndefined()
      expect(await sessions.redeemCode(hashOf("c"), hashOf("d"), at)).toBeUndefined()
      expect(await sessions.beginSession(token.id, hashOf("e"), at)).toMatchObject({ token })
    })

    test("a code signs in once, also where many try at once", async () => {
      const code = await sessions.createCode(token.id, hashOf("code"), at)
      expect(code).toEqual({
        expiresAt: endsIn(5 * MINUTE),
      })
      const tried = ["a", "b", "c", "d"].map((name) => sessions.redeemCode(hashOf("code"), hashOf(name), at))
      const begun = (await Promise.all(tried)).filter((session) => session !== undefined)
      expect(begun).toMatchObject([{ token }])
      expect(await sessions.redeemCode(hashOf("code"), hashOf("e"), at)).toBeUndefined()
    })

    test("a code is good for 5 minutes", async () => {
      await sessions.createCode(token.id, hashOf("code"), at)
      await sessions.createCode(token.id, hashOf("late"), at)
      expect(await sessions.redeemCode(hashOf("code"), hashOf("a"), later(5 * MINUTE - 1))).toMatchObject({
        token,
      })
      expect(await sessions.redeemCode(hashOf("late"), hashOf("b"), later(5 * MINUTE))).toBeUndefined()
    })

    test("a token has so many sessions and codes, and the newest of them", async () => {
      for (let at0 = 0; at0 <= MAX_SESSIONS; at0++) {
        await sessions.beginSession(token.id, hashOf(`session ${at0}`), at)
      }
      for (let at0 = 0; at0 <= MAX_CODES; at0++)
        await sessions.createCode(token.id, hashOf(`code ${at0}`), at)
      expect(await sessions.findSession(hashOf("session 0"), at)).toBeUndefined()
      expect(await sessions.findSession(hashOf("session 1"), at)).toMatchObject({ token })
      expect(await sessions.redeemCode(hashOf("code 0"), hashOf("a"), at)).toBeUndefined()
      expect(await sessions.redeemCode(hashOf("code 1"), hashOf("b"), at)).toMatchObject({ token })
    })

    test("nothing is begun for a token that is not there, and nothing at all after a signal", async () => {
      expect(await sessions.beginSession(4711, hashOf("a"), at)).toBeUndefined()
      const stopped = { now: NOW, signal: AbortSignal.abort(new Error("stopped")) }
      await expect(sessions.beginSession(token.id, hashOf("a"), stopped)).rejects.toThrow("stopped")
      await expect(sessions.createCode(token.id, hashOf("a"), stopped)).rejects.toThrow("stopped")
      await expect(sessions.redeemCode(hashOf("a"), hashOf("b"), stopped)).rejects.toThrow("stopped")
      await expect(sessions.findSession(hashOf("a"), stopped)).rejects.toThrow("stopped")
      await expect(sessions.noteSessionUse(1, stopped)).rejects.toThrow("stopped")
      await expect(sessions.endSession(1, stopped)).rejects.toThrow("stopped")
      await expect(sessions.endSessionsOf(token.id, stopped)).rejects.toThrow("stopped")
      await expect(database.access.noteTokenUse(token.id, stopped)).rejects.toThrow("stopped")
      expect(await sessions.findSession(hashOf("a"), at)).toBeUndefined()
    })
  })
}
