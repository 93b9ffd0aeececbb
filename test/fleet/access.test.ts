import { describe, expect, test } from "vitest"
import { mayDo, type Principal, parseRole, type Role } from "../../src/fleet/access.ts"
import { uuidOf } from "./sample-device.ts"

const PERMISSIONS = ["view", "deploy", "administer"] as const

function tokenOf(role: Role, organization: string | null): Principal {
  return {
    kind: "token",
    token: { id: 1, name: "ci", organization, role, createdAt: "2026-01-01T00:00:00Z", lastUsedAt: null },
  }
}

function allowed(principal: Principal, organization: string | null) {
  return PERMISSIONS.filter((permission) => mayDo(principal, permission, organization))
}

describe("a token", () => {
  test.each([
    ["viewer", ["view"]],
    ["deployer", ["view", "deploy"]],
    ["admin", ["view", "deploy", "administer"]],
  ] as const)("of a %s may %j in its organization, and nothing elsewhere", (role, permissions) => {
    expect(allowed(tokenOf(role, "acme"), "acme")).toEqual(permissions)
    for (const foreign of ["site", "acm", "acme-2", "", null]) {
      expect(allowed(tokenOf(role, "acme"), foreign)).toEqual([])
    }
    for (const any of ["acme", "site", null]) expect(allowed(tokenOf(role, null), any)).toEqual(permissions)
  })

  test("of another role is not known", () => {
    expect(parseRole("deployer")).toBe("deployer")
    for (const text of ["", "Admin", "root", "constructor"]) {
      expect(() => parseRole(text)).toThrow(expect.objectContaining({ code: "INVALID_TOKEN" }))
    }
  })
})

test("a device may nothing but what is its own", () => {
  const device: Principal = { kind: "device", uuid: uuidOf(1), organization: "acme" }
  for (const organization of ["acme", "site", null]) expect(allowed(device, organization)).toEqual([])
})
