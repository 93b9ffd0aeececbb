import fc from "fast-check"
import { expect, test } from "vitest"
import { errorOf, problemOf, problemSchema } from "../../src/api/problem.ts"
import {
  newReleaseSchema,
  parseNewRelease,
  parseRelease,
  printNewRelease,
  printRelease,
  releaseSchema,
} from "../../src/api/release.ts"
import { type Release, ReleaseExistsError } from "../../src/fleet/release.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { LayoutError } from "../../src/layout/layout-error.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"

const identifier = fc.stringMatching(/^[a-z][0-9a-z-]{0,5}$/).filter((text) => !/^rev\d*$/.test(text))
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const version = fc
  .record({
    core: fc.tuple(number, number, number),
    prerelease: fc.array(identifier, { maxLength: 2 }),
    build: fc.array(identifier, { maxLength: 2 }),
    revision: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    variant: fc.oneof(fc.constant(""), identifier),
  })
  .map(({ core, prerelease, build, revision, variant }) => {
    const identifiers = revision === undefined ? build : [...build, `rev${revision}`]
    const text = [core.join("."), prerelease.length > 0 ? `-${prerelease.join(".")}` : ""].join("")
    return parseVersion(identifiers.length > 0 ? `${text}+${identifiers.join(".")}` : text, variant)
  })

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function recorded(seed: string, changes: Partial<Release> = {}): Release {
  const { isDraft: _, ...release } = sampleRelease(seed, { tags: { ["__proto__"]: "kept" } })
  return {
    ...release,
    id: 7,
    fleet: "acme/edge",
    revision: 3,
    isInvalidated: false,
    recordedAt: "2026-02-03T04:05:06.789Z",
    status: "success",
    failureReason: null,
    ...changes,
  } as Release
}

test("a release to be recorded arrives as it was sent, with any version", () => {
  fc.assert(
    fc.property(version, fc.boolean(), (wanted, isDraft) => {
      const release = sampleRelease("a", { version: wanted, isDraft })
      const body = newReleaseSchema.parse(overTheWire(printNewRelease(release, { origin: "import" })))
      expect(parseNewRelease(body)).toEqual(release)
    }),
  )
})

test("a build that failed arrives as it was sent", () => {
  const failure = sampleFailure("a")
  expect(parseNewRelease(newReleaseSchema.parse(overTheWire(printNewRelease(failure, {}))))).toEqual(failure)
})

test("an answer gives the release that was recorded, with any version", () => {
  fc.assert(
    fc.property(version, (wanted) => {
      const { requestedRevision: _, ...assigned } = wanted
      const release = recorded("a", { version: assigned })
      expect(parseRelease(releaseSchema.parse(overTheWire(printRelease(release))))).toEqual(release)
    }),
  )
})

test("that a release exists arrives with that release", () => {
  const error = new ReleaseExistsError(recorded("a"))
  const problem = problemSchema.parse(overTheWire(problemOf(error)))
  expect(problem).toMatchObject({ status: 409, code: "RELEASE_EXISTS" })
  expect(errorOf(problem)).toEqual(error)
})

test("that the server's disk is full is told, and not which", () => {
  const problem = problemOf(new LayoutError("NO_SPACE", "cannot write /var/lib/x/catalog.sqlite"))
  expect(problem).toMatchObject({ status: 507, title: "Insufficient Storage", code: "NO_SPACE" })
  expect(JSON.stringify(problem)).not.toMatch(/var/)
})

test("what went wrong inside of the server is not told", () => {
  const problem = problemOf(new Error("password=hunter2 in /var/lib/x"))
  expect(problem).toMatchObject({ status: 500, code: "INTERNAL" })
  expect(JSON.stringify(problem)).not.toMatch(/hunter2|var/)
})
