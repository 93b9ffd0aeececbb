import { describe, expect, test } from "vitest"
import { parseImageReference, printImageReference } from "../../src/operations/image-reference.ts"

describe("an image of a compose file is read as skopeo and Docker read it", () => {
  test.each([
    ["web", "docker.io/library/web:latest"],
    ["web:1.2", "docker.io/library/web:1.2"],
    ["acme/web", "docker.io/acme/web:latest"],
    ["docker://acme/web:1.2", "docker.io/acme/web:1.2"],
    ["127.0.0.1:5000/acme/web", "127.0.0.1:5000/acme/web:latest"],
    ["docker://localhost/web", "localhost/web:latest"],
    [`web@sha256:${"a".repeat(64)}`, `docker.io/library/web@sha256:${"a".repeat(64)}`],
    [`web:1@sha256:${"a".repeat(64)}`, `docker.io/library/web:1@sha256:${"a".repeat(64)}`],
    // Names of transports can be names of repositories too.
    ["dir:1.2", "docker.io/library/dir:1.2"],
    ["oci", "docker.io/library/oci:latest"],
    ["oci:images", "oci:/srv/images"],
    ["oci:images:web", "oci:/srv/images:web"],
    ["oci:./images:acme/web:1.2", "oci:/srv/images:acme/web:1.2"],
    ["oci:/data/images:web", "oci:/data/images:web"],
    ["oci-archive:../web.tar", "oci-archive:/web.tar"],
    ["oci-archive:web.tar:web", "oci-archive:/srv/web.tar:web"],
    ["docker-archive:web.tar:acme/web:1.2", "docker-archive:/srv/web.tar:acme/web:1.2"],
    [`oci:images:sha256:${"a".repeat(64)}`, `oci:/srv/images:sha256:${"a".repeat(64)}`],
  ])("%s", (text, printed) => {
    expect(printImageReference(parseImageReference(text, "/srv"))).toBe(printed)
  })
})

describe("an image that cannot be taken in is refused with what to do", () => {
  test.each([
    ["", "INVALID_REFERENCE"],
    ["Acme/Web", "INVALID_REFERENCE"],
    ["web:", "INVALID_REFERENCE"],
    ["web:1:2", "INVALID_REFERENCE"],
    ["https://127.0.0.1/web", "INVALID_REFERENCE"],
    ["docker://", "INVALID_REFERENCE"],
    ["oci:", "INVALID_IMAGE"],
    ["oci-archive:", "INVALID_IMAGE"],
    ["docker-archive::web", "INVALID_IMAGE"],
    ["docker-daemon:acme/web:1.2", "INVALID_IMAGE"],
    ["containers-storage:acme/web", "INVALID_IMAGE"],
    ["dir:/srv/web", "INVALID_IMAGE"],
  ])("%s", (text, code) => {
    expect(() => parseImageReference(text, "/srv")).toThrow(
      expect.objectContaining({ code, hint: expect.any(String) }),
    )
  })
})
