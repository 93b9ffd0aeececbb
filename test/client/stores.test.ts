import { connect } from "../../src/client/connect.ts"
import { systemClock } from "../../src/system-clock.ts"
import { describeAccessStore } from "../fleet/access-store-contract.ts"
import { NOW } from "../fleet/contract/site.ts"
import { describeFleetStore } from "../fleet/fleet-store-contract.ts"
import { startTestServer } from "../support/running-server.ts"

/** A client of a server of its own, whose clock stands still. */
async function open() {
  const server = await startTestServer({ now: NOW })
  const context = await connect({ url: server.url, token: server.token, clock: systemClock })
  return {
    fleets: context.fleets,
    access: context.access,
    actor: "administrator",
    async close() {
      await context.close()
      await server.stop()
    },
  }
}

describeFleetStore("the fleets of a server", open)
describeAccessStore("the access of a server", open)
