import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Digest } from "../../src/oci/digest.ts"
import { compareContent, compareReleases } from "../../src/operations/compare-releases.ts"
import { environmentOf, portsOf } from "../../src/operations/compose-values.ts"
import type { ReleaseContent } from "../../src/operations/release-content.ts"

const digestOf = (seed: number): Digest => `sha256:${String(seed).padStart(64, "0")}`

/** As a composition has it. */
const variable = (name: string) => `\${${name}}`
const [PORT, INNER] = [variable("PORT:-80"), variable("INNER:-81")]

type Compared = Parameters<typeof compareReleases>[0]

function release(images: Record<string, number>, services: object, others: object = {}): Compared {
  const list = Object.entries(images).map(([name, seed]) => ({
    name,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: digestOf(seed),
    size: 1,
  }))
  return { composition: { services, ...others }, services: list }
}

test("services, variables, ports and other keys that differ are told, each in its place", () => {
  const before = release(
    { web: 1, db: 2, old: 3 },
    {
      web: { environment: ["A=1", "B=2", "GONE"], ports: ["80:80", "443:443"], restart: "always" },
      db: { environment: { A: 1 } },
    },
    { volumes: { data: null } },
  )
  const after = release(
    { web: 4, db: 2, next: 5 },
    {
      web: {
        environment: { A: "1", B: "3", NEW: null },
        ports: ["8080:80", "443:443"],
        restart: "no",
        init: true,
      },
      db: { environment: ["A=1"] },
      next: { environment: ["X=1"] },
    },
    { volumes: { data: {} } },
  )
  expect(compareReleases(before, after)).toEqual({
    services: {
      added: [{ name: "next", image: digestOf(5) }],
      removed: [{ name: "old", image: digestOf(3) }],
      changed: [{ name: "web", before: digestOf(1), after: digestOf(4) }],
    },
    environment: [
      { service: "web", key: "B", before: "2", after: "3" },
      { service: "web", key: "GONE", before: variable("GONE"), after: null },
      { service: "web", key: "NEW", before: null, after: variable("NEW") },
    ],
    ports: [{ service: "web", key: "80/tcp", before: "80:80", after: "8080:80" }],
    other: [
      { service: "web", key: "restart", before: "always", after: "no" },
      { service: "web", key: "init", before: null, after: true },
      { service: null, key: "volumes", before: { data: null }, after: { data: {} } },
    ],
  })
})

test("what has no form of Compose is compared as it stands, and not left out", () => {
  const one = release({ web: 1 }, { web: { environment: [{ A: 1 }], ports: "80" } })
  const other = release({ web: 1 }, { web: { environment: ["A=1"], ports: ["80"] } })
  expect(compareReleases(one, other)).toMatchObject({
    environment: [],
    ports: [],
    other: [
      { service: "web", key: "environment", before: [{ A: 1 }], after: ["A=1"] },
      { service: "web", key: "ports", before: "80", after: ["80"] },
    ],
  })
  expect(compareReleases(one, one).other).toEqual([])
})

describe("ports", () => {
  test.each([
    ["80", "80/tcp", "80"],
    [80, "80/tcp", "80"],
    ["8080:80", "80/tcp", "8080:80"],
    ["127.0.0.1:8080:80/udp", "80/udp", "127.0.0.1:8080:80"],
    ["[::1]:8080:80", "80/tcp", "[::1]:8080:80"],
    [`${PORT}:${INNER}`, `${INNER}/tcp`, `${PORT}:${INNER}`],
    ["3000-3005:3000-3005", "3000-3005/tcp", "3000-3005:3000-3005"],
    [{ target: 80, published: "8080" }, "80/tcp", "8080:80"],
    [{ target: 80, host_ip: "::1", published: 8080, protocol: "udp" }, "80/udp", "[::1]:8080:80"],
    [{ target: 80, mode: "host" }, "80/tcp", '80 {"mode":"host"}'],
  ])("%j is told by that of the container", (value, key, text) => {
    expect([...(portsOf([value]) ?? [])]).toEqual([[key, text]])
  })

  test("that are published twice are told together, in whatever order", () => {
    expect([...(portsOf(["8081:80", "8080:80"]) ?? [])]).toEqual([["80/tcp", "8080:80, 8081:80"]])
  })

  test.each([[{}], [[]], [null], [{ target: {} }]])("%j is none", (value) => {
    expect(portsOf([value])).toBeUndefined()
  })
})

const name = fc.string({ minLength: 1, maxLength: 4 }).filter((text) => !text.includes("="))
const environment = fc.dictionary(name, fc.string({ maxLength: 4 }), { noNullPrototype: true })
const service = fc.record(
  { environment, ports: fc.array(fc.integer({ min: 1, max: 99 })), restart: fc.string() },
  { requiredKeys: [] },
)
const anyRelease = fc
  .tuple(
    fc.dictionary(name, fc.integer({ min: 0, max: 3 }), { maxKeys: 4, noNullPrototype: true }),
    fc.dictionary(name, service, { maxKeys: 4, noNullPrototype: true }),
    fc.dictionary(name, fc.jsonValue(), { maxKeys: 2, noNullPrototype: true }),
  )
  .map(([images, services, others]) => release(images, services, others))

describe("any two releases", () => {
  test("differ from each other as they do the other way round", () => {
    fc.assert(
      fc.property(anyRelease, anyRelease, (one, other) => {
        const [there, back] = [compareReleases(one, other), compareReleases(other, one)]
        expect(there.services.added).toEqual(back.services.removed)
        const turned = <Each extends { before: unknown; after: unknown }>(list: readonly Each[]) =>
          new Set(list.map((each) => JSON.stringify({ ...each, before: each.after, after: each.before })))
        const plain = (list: readonly object[]) => new Set(list.map((each) => JSON.stringify(each)))
        expect(turned(there.services.changed)).toEqual(plain(back.services.changed))
        expect(turned(there.environment)).toEqual(plain(back.environment))
        expect(turned(there.ports)).toEqual(plain(back.ports))
        expect(turned(there.other)).toEqual(plain(back.other))
      }),
    )
  })

  test("do not differ where they are the same", () => {
    fc.assert(
      fc.property(anyRelease, (one) => {
        const nothing = {
          services: { added: [], removed: [], changed: [] },
          environment: [],
          ports: [],
          other: [],
        }
        expect(compareReleases(one, structuredClone(one))).toEqual(nothing)
      }),
    )
  })

  test("move what the one before lacks, and share the rest", () => {
    const seeds = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 })
    fc.assert(
      fc.property(seeds, seeds, (one, other) => {
        const { moved, shared } = compareContent(contentOf(one), contentOf(other))
        const [was, is] = [new Set(one), new Set(other)]
        const sum = (set: Set<number> = new Set()) => [...set].reduce((total, seed) => total + seed, 0)
        const [fresh, kept] = [false, true].map(
          (has) => new Set([...is].filter((seed) => was.has(seed) === has)),
        )
        expect(moved).toEqual({ blobs: fresh?.size, bytes: sum(fresh) })
        expect(shared).toEqual({ blobs: kept?.size, bytes: sum(kept) })
      }),
    )
  })
})

/** Blobs as large as their seeds. */
function contentOf(seeds: readonly number[]): ReleaseContent {
  const services = seeds.map((seed) => ({
    name: `s${seed}`,
    image: { mediaType: "m", digest: digestOf(seed), size: seed },
    platforms: [],
  }))
  return { services, layers: [], size: 0 }
}

test("an environment is the same in both forms", () => {
  fc.assert(
    fc.property(environment, (variables) => {
      const list = Object.entries(variables).map(([key, value]) => `${key}=${value}`)
      expect(environmentOf(list)).toEqual(environmentOf(variables))
    }),
  )
})
