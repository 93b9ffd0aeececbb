/** Records what docs/policy.md speaks of in the home of the environment: two releases, two devices. */
import { parseVersion } from "../../src/fleet/version.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { secretOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"

const home = await openHome({ path: process.env.WAYBILL_HOME ?? "", clock: systemClock, actor: "tester" })
for (const version of ["1.2.3", "1.3.0"]) {
  await home.fleets.recordRelease(
    "acme/edge",
    sampleRelease(version, { version: parseVersion(version) }),
    home.change(),
  )
}
for (const beginning of ["3f2a", "77c4"]) {
  const key = secretOf(beginning).replace("wbt_", "wbd_")
  await home.fleets.registerDevice("acme/edge", { uuid: beginning.padEnd(32, "0"), key }, home.change())
}
await home.close()
