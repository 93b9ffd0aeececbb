import { connect } from "node:net"
import { expect, test } from "vitest"
import { networkFailure } from "../../src/http/network-failure.ts"

const url = new URL("https://registry.example:5000/v2/")

/** What the system says of a connection that it does not make, with a code that is known of files. */
async function failedConnection(): Promise<unknown> {
  const socket = connect({ path: "/nowhere/at-all" })
  return new Promise((resolve) => socket.once("error", resolve))
}

test("whatever the system says of a connection that it does not make, the host is named", async () => {
  const cause = await failedConnection()
  expect(cause).toMatchObject({ code: "ENOENT", syscall: "connect" })
  for (const error of [cause, new TypeError("fetch failed", { cause }), new AggregateError([cause])]) {
    expect(networkFailure(error, "GET", url)).toMatchObject({
      code: "UNREACHABLE",
      message: "cannot connect to registry.example:5000: there is nothing of that name",
      transient: true,
      unsent: true,
    })
  }
})
