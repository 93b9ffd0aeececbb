import { expect, test } from "vitest"
import { withCommand } from "../../src/cli/command-hints.ts"
import { Machine } from "../support/cli.ts"

test("an error of the library gets the command that helps, behind what it says itself", () => {
  const code = "FLEET_HAS_DEVICES"
  const command = "`waybill fleet rm --with-devices` removes them with it"
  expect(withCommand({ code, hint: undefined })).toEqual({ code, hint: command })
  expect(withCommand({ code, hint: "move them" })).toEqual({ code, hint: `move them; ${command}` })
})

test("one that no command helps stays as it is", () => {
  for (const code of [null, "INTERNAL"])
    expect(withCommand({ code, hint: "look" })).toEqual({ code, hint: "look" })
})

test("a command says what to run next, as text and as JSON", async () => {
  const machine = await Machine.create("acme/edge")
  const hint = "`waybill fleet list` shows those there are, `waybill fleet create` makes one"
  const text = await machine.run("fleet show acme/none")
  expect(text.stderr).toBe(`error: there is no fleet acme/none\nhint: ${hint}\n`)
  const { stdout } = await machine.run("fleet show acme/none --json")
  expect(JSON.parse(stdout)).toEqual({
    error: { code: "FLEET_NOT_FOUND", message: "there is no fleet acme/none", hint },
  })
})
