import { readdir, readlink } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { closeAll } from "../../src/operations/close-all.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { secretOf } from "../fleet/sample-device.ts"
import { startServer } from "../support/registry/http-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** The files below a folder that this process has open. */
async function openFilesBelow(folder: string): Promise<string[]> {
  const handles = await readdir("/proc/self/fd")
  const targets = await Promise.all(handles.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => "")))
  return targets.filter((target) => target.startsWith(`${folder}/`))
}

const failing = async () => {
  throw new Error("no such certificate")
}

test("a home whose registries could not be made closes everything, and may try to make them again", async () => {
  const folder = await temporaryFolder()
  let tries = 0
  const registry = async () => {
    tries++
    return tries === 1 ? failing() : {}
  }
  const home = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester", registry })
  await home.store()
  await expect(home.registries()).rejects.toThrow("no such certificate")
  expect((await home.registries()).repository("registry.example", "acme/edge").name).toBe("acme/edge")
  expect(await openFilesBelow(folder)).not.toEqual([])
  await home.close()
  expect(await openFilesBelow(folder)).toEqual([])
})

test("a home is closed whole right after its registries have failed", async () => {
  const folder = await temporaryFolder()
  const path = join(folder, "home")
  const home = await openHome({ path, clock: systemClock, actor: "tester", registry: failing })
  await home.store()
  const asked = expect(home.registries()).rejects.toThrow("no such certificate")
  await home.close()
  await asked
  expect(await openFilesBelow(folder)).toEqual([])
})

test("a connection to a server whose registries could not be made closes its connections", async () => {
  let sockets = 0
  const server = await startServer(async (request, response) => {
    sockets++
    request.socket.once("close", () => sockets--)
    response.writeHead(200, { "content-type": "application/json" }).end('{"items":[],"next":null}')
  })
  const context = await connect({
    url: server.origin,
    token: secretOf("nobody"),
    clock: systemClock,
    registry: failing,
  })
  await context.fleets.listFleets()
  expect(sockets).toBe(1)
  await expect(context.registries()).rejects.toThrow("no such certificate")
  await context.close()
  await expect.poll(() => sockets).toBe(0)
  await server.close()
})

test("what cannot be closed keeps nothing behind it open, and its first failure is told", async () => {
  const closed: string[] = []
  const closing = closeAll([
    async () => closed.push("first"),
    () => Promise.reject(new Error("the second fails")),
    () => undefined,
    () => Promise.reject(new Error("the fourth fails")),
    async () => closed.push("last"),
  ])
  await expect(closing).rejects.toThrow("the second fails")
  expect(closed).toEqual(["first", "last"])
})
