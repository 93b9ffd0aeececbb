import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { redact } from "../../src/errors/redact.ts"

describe("what leaves the program", () => {
  test.for([
    ["https://user:hunter2@registry.example/v2/", "https://***@registry.example/v2/"],
    ["https://user:hun@ter2@registry.example/v2/", "https://***@registry.example/v2/"],
    ["postgres://waybill:hunter2@db:5432/waybill", "postgres://***@db:5432/waybill"],
    ["http://:hunter2@proxy.example:3128", "http://***@proxy.example:3128"],
    ["Authorization: Bearer eyJhbGciOi.J9.abc", "Authorization: Bearer ***"],
    ["authorization: basic dXNlcjpodW50ZXIy", "authorization: basic ***"],
    ["Bearer tokens4life", "Bearer ***"],
    [
      "https://auth.example/token?scope=a&token=hunter2&service=b",
      "https://auth.example/token?scope=a&token=***&service=b",
    ],
    ["grant_type=refresh_token&refresh_token=hunter2", "grant_type=refresh_token&refresh_token=***"],
    ["https://s3.example/a?X-Amz-Signature=hunter2&x=1", "https://s3.example/a?X-Amz-Signature=***&x=1"],
    ["https://storage.example/a?X-Goog-Signature=hunter2", "https://storage.example/a?X-Goog-Signature=***"],
    ["https://blob.example/a?sv=1&sig=hunter2", "https://blob.example/a?sv=1&sig=***"],
    ['{"auth": "dXNlcjpodW50ZXIy"}', '{"auth": "***"}'],
    ['{"password":"hun\\"ter2"}', '{"password":"***"}'],
    ["the key wbd_hunter2hunter2_-A of a device", "the key wbd_*** of a device"],
    ["token=wbt_hunter2hunter2", "token=wbt_***"],
    ["/v2/wbr_hunter2hunter2_-A/tags/list", "/v2/wbr_***/tags/list"],
    ["/v2/?scope=wbr_hunter2hunter2", "/v2/?scope=wbr_***"],
    ['{"identitytoken":"hunter2","a":1}', '{"identitytoken":"***","a":1}'],
  ])("has its secret masked: %s", ([text = "", masked]) => {
    expect(redact(text)).toBe(masked)
    expect(redact(text)).not.toContain("hunter2")
  })

  test.for([
    "https://registry.example/v2/acme/edge/manifests/1.2.3",
    "docker://busybox@sha256:aaaa is not there",
    "docker.io/library/busybox@sha256:aaaa",
    "the registry wants Basic authentication",
    "the registry sent no Bearer token, twice.",
    "mail https://example.org/team?to=a@b.example",
    "acme/edge:1.2.3 has 3 services",
    "a key is wbd_ and 43 characters",
  ])("stays as it is without one: %s", (text) => {
    expect(redact(text)).toBe(text)
  })

  test.for([
    ["a"],
    ["a:"],
    ["="],
    ["://"],
    ["@"],
    ["Bearer ", "Bearer *** "],
    ['"token":', '"token":"***":'],
    ["?token=", "?token=***"],
    ["wbr_", "wbr_***"],
  ])("is looked through in a time that grows with its length alone: %s", ([part = "", masked = part]) => {
    const repeated = part.repeat(200_000 / part.length)
    const before = process.cpuUsage()
    const found = redact(repeated)
    const { user } = process.cpuUsage(before)
    expect(found.startsWith(masked)).toBe(true)
    if (masked === part) expect(found).toBe(repeated)
    // In microseconds. It takes a quarter of a second at most, and by the square of the length a minute.
    expect(user).toBeLessThan(5_000_000)
  })

  test("does not change any more when it is masked twice", () => {
    const texts = fc.string({ unit: fc.constantFrom(...'a:/@?&=" ', "https://", "Bearer ", "token", "***") })
    fc.assert(
      fc.property(texts, (text) => {
        expect(redact(redact(text))).toBe(redact(text))
      }),
    )
  })

  test("never holds the password of a URL", () => {
    const password = fc.stringMatching(/^[A-Za-z0-9!$%^&*()_+=.,;:@~-]{6,20}$/)
    fc.assert(
      fc.property(password, (secret) => {
        expect(redact(`cannot reach https://user:${secret}@host.example/v2/ now`)).toBe(
          "cannot reach https://***@host.example/v2/ now",
        )
      }),
    )
  })
})
