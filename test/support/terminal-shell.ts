import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { onTestFinished } from "vitest"
import type { Machine } from "./cli.ts"

/** A folder for `PATH` in which `waybill` is the command line. */
export async function waybillOnPath(machine: Machine): Promise<Record<string, string>> {
  await mkdir(machine.path("bin"), { recursive: true })
  await writeFile(machine.path("bin/waybill"), '#!/bin/sh\nexec "$NODE" "$MAIN" "$@"\n')
  await chmod(machine.path("bin/waybill"), 0o755)
  return { ...(machine.env as Record<string, string>), PATH: `${machine.path("bin")}:${process.env.PATH}` }
}

/** A shell on a terminal of its own (script(1)), which is typed into as a person does. */
export async function openShell(machine: Machine, command: string) {
  const env = await waybillOnPath(machine)
  const shell = spawn("script", ["-qfec", command, "/dev/null"], {
    cwd: machine.folder,
    env: { ...env, PS1: "READY> ", TERM: "vt100", INPUTRC: "/dev/null", HISTFILE: "/dev/null" },
    stdio: ["pipe", "pipe", "inherit"],
  })
  const closed = once(shell, "close")
  onTestFinished(async () => {
    shell.kill("SIGKILL")
    await closed
  })
  let seen = ""
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text
  })
  /** Waits until a text has come, and forgets all up to its end. Returns what was before it. */
  const until = async (text: string): Promise<string> => {
    while (!seen.includes(text))
      await Promise.race([once(shell.stdout, "data"), closed.then(() => ended(seen))])
    const at = seen.indexOf(text)
    const before = seen.slice(0, at)
    seen = seen.slice(at + text.length)
    return before
  }
  await until("READY> ")
  return {
    type: (keys: string) => void shell.stdin.write(keys),
    until,
    /** Types a line, and returns what the terminal showed until the shell was ready for the next. */
    async line(keys: string): Promise<string> {
      shell.stdin.write(`${keys}\n`)
      return until("READY> ")
    },
  }
}

function ended(seen: string): never {
  throw new Error(`the shell has ended: ${seen}`)
}
