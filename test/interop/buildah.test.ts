import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { temporaryFolder } from "../support/temporary-folder.ts"
import { buildahIn } from "./buildah.ts"
import { runIn } from "./registry-client.ts"
import { REGISTRIES } from "./tested-registry.ts"

describe.each(Object.entries(REGISTRIES))("buildah on %s", (_, start) => {
  test("builds an image, pushes it, and elsewhere pulls it and runs a command in it", async () => {
    const { host, username, password } = await start()
    const image = `${host}/acme/edge:built`
    const builder = await temporaryFolder()
    const run = runIn(builder)
    const build = await buildahIn(builder, run)
    const busybox = (await run("sh", "-c", "command -v busybox")).trim()
    await writeFile(join(builder, "message"), "tested\n")
    const container = await build("from", "scratch")
    await build("copy", container, busybox, "/bin/busybox")
    await build("copy", container, "message", "/etc/message")
    await build("config", "--env", "GREETING=hello", container)
    await build("commit", container, "built")
    const noTls = "--tls-verify=false"
    await expect(build("push", noTls, "built", `docker://${image}`)).rejects.toThrow(/unauthorized|denied/)
    await build("login", noTls, "--username", username, "--password", password, host)
    await build("push", noTls, "built", `docker://${image}`)

    const site = await temporaryFolder()
    const there = await buildahIn(site, runIn(site))
    await expect(there("from", noTls, image)).rejects.toThrow(/unauthorized|denied/)
    await there("login", noTls, "--username", username, "--password", password, host)
    const pulled = await there("from", noTls, image)
    const script = '/bin/busybox cat /etc/message; /bin/busybox echo "$GREETING"'
    expect(
      await there("run", "--isolation", "chroot", pulled, "--", "/bin/busybox", "sh", "-c", script),
    ).toBe("tested\nhello")
  })
})
