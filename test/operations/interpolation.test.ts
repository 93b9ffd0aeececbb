// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import { describe, expect, test } from "vitest"
import { interpolate } from "../../src/operations/interpolation.ts"

const environment = { TAG: "1.2", EMPTY: "", _odd9: "odd", DOLLAR: "$TAG" }

describe("variables are filled in as compose does it", () => {
  test.each([
    ["web:1", "web:1"],
    ["web:$TAG", "web:1.2"],
    ["web:$TAG-slim", "web:1.2-slim"],
    ["web:${TAG}slim", "web:1.2slim"],
    ["$_odd9/${_odd9}", "odd/odd"],
    ["web$$TAG", "web$TAG"],
    ["$$$TAG$$", "$1.2$"],
    ["web:${NONE:-9}", "web:9"],
    ["web:${NONE-9}", "web:9"],
    ["web:${EMPTY:-9}", "web:9"],
    ["web:${EMPTY-9}", "web:"],
    ["web:${TAG:-9}", "web:1.2"],
    ["web:${NONE:-}", "web:"],
    ["web${TAG:+:$TAG}", "web:1.2"],
    ["web${EMPTY:+:old}", "web"],
    ["web${EMPTY+:old}", "web:old"],
    ["web${NONE+:old}", "web"],
    ["web:${TAG:?give a tag}", "web:1.2"],
    ["web:${EMPTY?give a tag}", "web:"],
    ["web:${NONE:-${TAG}}", "web:1.2"],
    ["web:${NONE:-${ALSO_NONE:-${TAG:+x}y}}", "web:xy"],
    ["web:${TAG:-${NONE:?never asked}}", "web:1.2"],
    ["web:${NONE:-host:5000/a?b-c}", "web:host:5000/a?b-c"],
    ["web:${NONE:-$$}", "web:$"],
    // What a variable holds is not filled in again.
    ["$DOLLAR", "$TAG"],
  ])("%s", (text, expected) => {
    expect(interpolate(text, environment, "compose.yml: service web")).toBe(expected)
  })
})

describe("what cannot be filled in is refused, naming the variable", () => {
  test.each([
    ["web:$NONE", /the variable NONE is not set$/],
    ["web:${NONE}", /the variable NONE is not set$/],
    ["web:${NONE:?give a tag}", /the variable NONE is not set: give a tag$/],
    ["web:${EMPTY:?}", /the variable EMPTY is not set$/],
    ["web:${NONE?}", /the variable NONE is not set$/],
    ["web:${NONE:-${ALSO_NONE}}", /the variable ALSO_NONE is not set$/],
    ["web:$", /has a \$ that names no variable/],
    ["web:$-1", /has a \$ that names no variable/],
    ["web:${}", /has a \$ that names no variable/],
    ["web:${TAG", /has a \$ that names no variable/],
    ["web:${TAG!x}", /has a \$ that names no variable/],
    ["web:${NONE:-${TAG}", /has a \$ that names no variable/],
    ["web:${9}", /has a \$ that names no variable/],
  ])("%s", (text, message) => {
    const work = () => interpolate(text, environment, "compose.yml: service web")
    expect(work).toThrow(message)
    expect(work).toThrow(/^compose\.yml: service web: /)
    expect(work).toThrow(expect.objectContaining({ code: "INVALID_COMPOSE_FILE", hint: expect.any(String) }))
  })
})
