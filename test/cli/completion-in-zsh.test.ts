import { expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { openShell } from "../support/terminal-shell.ts"

test("in a real zsh, the tab key completes commands, flags, names and files", async () => {
  const machine = await Machine.create("acme/edge")
  const zsh = await openShell(machine, "zsh -f -i")
  await zsh.line(
    "autoload -U compinit; compinit -D -u; source <(waybill completion zsh); touch 'bundle one.tar' danger",
  )
  expect(await zsh.line("waybill fle\tsho\tacme/e\t--js\t | tr -d '\\n'")).toContain('"slug": "acme/edge"')
  expect(await zsh.line("waybill fleet show --context=ho\tacme/e\t")).toContain("acme/edge")
  await zsh.line('waybill fleet show "$(rm danger)" acme\t\u0003')
  expect(await zsh.line("ls")).toContain("danger")
  expect(await zsh.line("waybill release verify bun\t")).toContain("bundle one.tar")
})
