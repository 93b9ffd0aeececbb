import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { OciError } from "../../src/oci/oci-error.ts"
import {
  isRepository,
  isTag,
  parseReference,
  parseRegistryPrefix,
  printReference,
  type Reference,
} from "../../src/oci/reference.ts"
import { catchError } from "./catch-error.ts"

const HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
const SHA256 = `sha256:${HEX}` as const
const SHA512 = `sha512:${HEX}${HEX}` as const
const hub = (repository: string): Reference => ({ registry: "docker.io", repository })

describe("a reference", () => {
  test.for<[string, Reference]>([
    ["busybox", hub("library/busybox")],
    ["busybox:1.36", { ...hub("library/busybox"), tag: "1.36" }],
    [`busybox@${SHA256}`, { ...hub("library/busybox"), digest: SHA256 }],
    [`busybox:1.36@${SHA256}`, { ...hub("library/busybox"), tag: "1.36", digest: SHA256 }],
    [`busybox@${SHA512}`, { ...hub("library/busybox"), digest: SHA512 }],
    ["acme/edge", hub("acme/edge")],
    ["acme/edge/web", hub("acme/edge/web")],
    ["docker.io/busybox", hub("library/busybox")],
    ["docker.io/acme/edge", hub("acme/edge")],
    ["index.docker.io/busybox", hub("library/busybox")],
    ["index.docker.io/library/busybox", hub("library/busybox")],
    ["library/busybox", hub("library/busybox")],
    ["localhost/edge", { registry: "localhost", repository: "edge" }],
    ["localhost:5000/edge", { registry: "localhost:5000", repository: "edge" }],
    ["localhost:5000", { ...hub("library/localhost"), tag: "5000" }],
    ["localhost", hub("library/localhost")],
    ["localhosts/edge", hub("localhosts/edge")],
    [
      "127.0.0.1:5000/site/edge:1.2.3_rev1",
      { registry: "127.0.0.1:5000", repository: "site/edge", tag: "1.2.3_rev1" },
    ],
    ["[::1]:5000/edge", { registry: "[::1]:5000", repository: "edge" }],
    ["[fd00::1]/edge:1", { registry: "[fd00::1]", repository: "edge", tag: "1" }],
    [`[::1]/edge@${SHA256}`, { registry: "[::1]", repository: "edge", digest: SHA256 }],
    ["registry.example/edge", { registry: "registry.example", repository: "edge" }],
    ["registry.example:443/a/b/c:t", { registry: "registry.example:443", repository: "a/b/c", tag: "t" }],
    ["REGISTRY/edge", { registry: "REGISTRY", repository: "edge" }],
    ["Registry.Example/edge", { registry: "Registry.Example", repository: "edge" }],
    ["a.b/c", { registry: "a.b", repository: "c" }],
    ["xn--bcher-kva.example/edge", { registry: "xn--bcher-kva.example", repository: "edge" }],
    ["a_b/c__d/e---f/g.h", hub("a_b/c__d/e---f/g.h")],
    [`edge:${"x".repeat(128)}`, { ...hub("library/edge"), tag: "x".repeat(128) }],
    ["edge:_x", { ...hub("library/edge"), tag: "_x" }],
    [`${HEX}:tag`, { ...hub(`library/${HEX}`), tag: "tag" }],
    [`docker.io/${HEX}`, hub(`library/${HEX}`)],
    [`localhost/${"x".repeat(245)}`, { registry: "localhost", repository: "x".repeat(245) }],
  ])("is read as Docker and Podman read it: %s", ([text, reference]) => {
    expect(parseReference(text)).toEqual(reference)
    expect(parseReference(printReference(reference))).toEqual(reference)
  })

  test.for([
    ["nothing", ""],
    ["a tag alone", ":1.2.3"],
    ["a digest alone", `@${SHA256}`],
    ["a bare image id", HEX],
    ["a repository in upper case", "Edge"],
    ["a path in upper case", "registry.example/Edge"],
    ["a path in upper case on Docker Hub", "acme/Edge"],
    ["no path", "registry.example/"],
    ["no host", "/edge"],
    ["two slashes", "acme//edge"],
    ["a slash at the end", "acme/edge/"],
    ["a dash at the end", "acme/edge-"],
    ["a dash at the beginning", "acme/-edge"],
    ["three underscores", "acme/a___b"],
    ["two dots", "acme/a..b"],
    ["a way up", "acme/../edge"],
    ["an empty tag", "edge:"],
    ["a tag that begins with a dash", "edge:-1"],
    ["a tag that begins with a dot", "edge:.1"],
    ["a tag with a plus", "edge:1.2.3+rev1"],
    ["two tags", "edge:1:2"],
    ["a tag of 129 characters", `edge:${"x".repeat(129)}`],
    ["an empty digest", "edge@"],
    ["a short digest", "edge@sha256:abc"],
    ["a digest in upper case", `edge@sha256:${HEX.toUpperCase()}`],
    ["another algorithm", `edge@md5:${HEX.slice(0, 32)}`],
    ["two digests", `edge@${SHA256}@${SHA256}`],
    ["a name of more than 255 characters", `localhost/${"x".repeat(246)}`],
    ["a name of more than 255 characters once it is complete", "x".repeat(238)],
    ["a port that is none", "localhost:port/edge"],
    ["a port too high", "localhost:65536/edge"],
    ["an empty port", "localhost:/edge"],
    ["a host that ends in a dash", "host-.example/edge"],
    ["a host with an underscore", "my_host.example/edge"],
    ["IPv6 without brackets", "::1/edge"],
    ["an open bracket", "[::1/edge"],
    ["a URL", "https://registry.example/edge"],
    ["a user", "user@registry.example/edge"],
    ["a space", "acme/ edge"],
    ["a line end", "acme/edge\n"],
    ["a zero byte", "acme/edge\0"],
    ["letters outside ASCII", "acme/édge"],
    ["a Kelvin sign, which is a k only to some", "acme/\u212a"],
  ])("is not made of %s", ([, text = ""]) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: "INVALID_REFERENCE", hint: expect.any(String) }),
    )
  })

  test.for<[string, string]>([
    [`edge@${SHA256}@${SHA256}`, "it has more than one @"],
    [HEX, "64 hex digits are an image id, not a name"],
    ["edge:-1", '"-1" is not a tag'],
    ["edge:", '"" is not a tag'],
    ["edge@sha256:abc", '"sha256:abc" is not a sha256 or sha512 digest'],
    ["registry.example/Edge", "a repository is written in lower case"],
    ["registry.example/a..b", '"a..b" is not a repository'],
    [":1.2.3", '"" is not a repository'],
    ["/edge", '"/edge" is not a repository'],
    ["localhost:65536/edge", '"localhost:65536" is not a host'],
    [`localhost/${"x".repeat(246)}`, "the name is longer than 255 characters"],
  ])("that is none is told why: %s", ([text, reason]) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({
        message: `"${text}" is not an image reference: ${reason}`,
        hint: "a reference is [host[:port]/]repository[:tag][@sha256:…]",
      }),
    )
  })

  test("that is longer than any is shown by its beginning", () => {
    const message = (length: number) => catchError(() => parseReference("-".repeat(length))).message
    expect(message(600)).toContain(`"${"-".repeat(600)}" is not an image`)
    expect(message(601)).toContain(`"${"-".repeat(100)}…" is not an image`)
  })

  test("may have the highest port", () => {
    expect(parseReference("localhost:65535/edge").registry).toBe("localhost:65535")
  })

  test("has nothing but what it says", () => {
    expect(parseReference("acme/edge")).toStrictEqual(hub("acme/edge"))
  })

  test("is printed so that it is read the same, whatever it was", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/)
    const host = fc.oneof(
      fc.constantFrom("docker.io", "localhost", "[::1]", "[2001:db8::1]:5000", "REG", "127.0.0.1"),
      fc.stringMatching(/^[a-zA-Z0-9]{1,8}(?:\.[a-zA-Z0-9]{1,8}){1,3}(?::[1-9][0-9]{0,3})?$/),
    )
    const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)
    fc.assert(
      fc.property(
        optional(host),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        optional(tag),
        optional(fc.constantFrom(SHA256, SHA512)),
        (registry, path, name, digest) => {
          const text = [
            // Without a host, a first part with a dot would be taken for one.
            registry === undefined ? path.join("/").replaceAll(".", "_") : `${registry}/${path.join("/")}`,
            name === undefined ? "" : `:${name}`,
            digest === undefined ? "" : `@${digest}`,
          ].join("")
          const reference = parseReference(text)
          expect(reference).toMatchObject({
            ...(name === undefined ? {} : { tag: name }),
            ...(digest === undefined ? {} : { digest }),
          })
          expect(parseReference(printReference(reference))).toEqual(reference)
        },
      ),
    )
  })

  test("is read or refused, and nothing else happens, whatever the text", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."aA0.:/@[]-_ ", "sha256:", HEX, "é", "\0") }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const reference = parseReference(text)
          expect(parseReference(printReference(reference))).toEqual(reference)
        } catch (error) {
          expect(error).toBeInstanceOf(OciError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test("that is hostile and long is refused at once, with a short message", () => {
    for (const text of [
      "a".repeat(1e6),
      "a-".repeat(5e5),
      "a/".repeat(5e5),
      `${"a.".repeat(5e5)}/b`,
      "-".repeat(1e6),
    ]) {
      const error = catchError(() => parseReference(text))
      expect(error.message.length).toBeLessThan(2000)
    }
  })
})

describe("the place where a registry keeps repositories", () => {
  test.for<[string, { registry: string; prefix: string }]>([
    ["127.0.0.1:5000", { registry: "127.0.0.1:5000", prefix: "" }],
    ["127.0.0.1:5000/site", { registry: "127.0.0.1:5000", prefix: "site" }],
    ["registry/site/a", { registry: "registry", prefix: "site/a" }],
    ["[::1]:5000/site", { registry: "[::1]:5000", prefix: "site" }],
  ])("is read: %s", ([text, expected]) => {
    expect(parseRegistryPrefix(text)).toEqual(expected)
  })

  test.for([
    "",
    "/site",
    "host/",
    "host//a",
    "host/Site",
    "host/a:1",
    "https://host/a",
    "host:99999",
    "ho st",
  ])('is not made of "%s"', (text) => {
    const host = text.replace(/\/.*/s, "")
    const reason = [`"${host}" is not a host`, `"${text.slice(host.length + 1)}" is not a repository path`]
    expect(reason).toContain(catchError(() => parseRegistryPrefix(text)).message.split(" registry: ")[1])
    expect(() => parseRegistryPrefix(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_REFERENCE",
        message: expect.stringContaining("is not a place in a registry: "),
        hint: "write it as host[:port][/prefix], without https://",
      }),
    )
  })
})

test("tags and repositories are told from other words", () => {
  expect([isTag("1.2.3_rev1"), isTag("a+b"), isTag("")]).toEqual([true, false, false])
  expect([isRepository("acme/edge"), isRepository("Acme/edge"), isRepository("a:b")]).toEqual([
    true,
    false,
    false,
  ])
})
