import { readFile } from "node:fs/promises"
import { constants } from "node:os"
import { getSystemErrorName } from "node:util"
import { expect, test } from "vitest"
import { describeError } from "../../src/errors/describe.ts"
import { reasonOf } from "../../src/errors/reason.ts"
import { WaybillError } from "../../src/errors/waybill-error.ts"

function systemError(errno: number, syscall: string, path?: string): Error {
  const code = getSystemErrorName(-errno)
  const message = `${code}: what libuv says, ${syscall}${path === undefined ? "" : ` '${path}'`}`
  return Object.assign(new Error(message), { code, errno: -errno, syscall, path })
}

test.each(Object.entries(constants.errno))("%s has a reason in words", (_, errno) => {
  const reason = reasonOf(systemError(errno, "open", "/a/file"))
  expect(reason).toMatch(/^[a-z][^:]* [^:]*\w$/)
  expect(reason).not.toMatch(/\bE[A-Z]{3,}\b|\/a\/file|open '|Unknown/)
})

test("a system error that nobody has explained says which file, what was tried, and why it failed", async () => {
  const thrown = await readFile("/no/such/file").catch((error: unknown) => error)
  expect(describeError(thrown)).toEqual({
    code: "ENOENT",
    message: "/no/such/file cannot be opened: there is nothing of that name",
    hint: "check the path",
  })
  const { EACCES, EIO, ENOSPC } = constants.errno
  expect(describeError(systemError(EACCES, "scandir", "/a")).message).toBe(
    "/a cannot be listed: this user has no permission for it",
  )
  expect(describeError(systemError(ENOSPC, "write")).message).toBe(
    "a file cannot be written: the disk is full",
  )
  expect(describeError(systemError(EIO, "frobnicate", "/a")).message).toBe(
    "/a cannot be used: the disk does not do what it is asked",
  )
})

test("what is no system error has the reason that it gives itself", () => {
  expect(reasonOf(new WaybillError("X", "it is closed"))).toBe("it is closed")
  expect(reasonOf(new TypeError("no function"))).toBe("no function")
  expect(reasonOf("text")).toBe("text")
})
