import { writeFile } from "node:fs/promises"
import { Machine } from "../cli.ts"
import { writeSample } from "../sample.ts"
import { serve } from "../served.ts"

interface Registered {
  device: { uuid: string }
  key: string
}

/**
 * Carries a compose file over the images of the sample application to a device of another site: created, exported,
 * imported there. Returns what the device gets, from the command line and from the API, and what `release create` warned of.
 */
export async function carryCompose(text: string): Promise<{ got: string[]; warnings: string[] }> {
  const here = await Machine.create("acme/edge")
  await writeSample(here, 1000)
  await writeFile(here.path("application", "compose.yml"), text)
  const created = await here.run(
    "release create acme/edge -f application/compose.yml --version 1.2.3 --quiet",
  )
  if (created.status !== 0) throw new Error(created.stderr)
  await here.ok("release export acme/edge -o release.tar --quiet")

  const there = await Machine.create("site/edge")
  await there.ok(`release import ${here.path("release.tar")} site/edge --quiet`)
  const { url, token } = await serve(there)
  const input = Buffer.from(`${token}\n`)
  await here.ok(`context create site --server ${url} --token -`, { input })
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const body = JSON.stringify({ fleet: "site/edge" })
  const registered = await fetch(`${url}/api/v1/devices`, { method: "POST", headers, body })
  const { device, key } = (await registered.json()) as Registered
  const target = `${url}/api/v1/devices/${device.uuid}/target?format=compose`
  const answer = await fetch(target, { headers: { authorization: `Bearer ${key}` } })
  return {
    got: [await here.ok(`device target ${device.uuid} --format compose --context site`), await answer.text()],
    warnings: created.stderr.split("\n").filter((line) => line.startsWith("warning: ")),
  }
}
