import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { cp, mkdir } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { inject, onTestFinished } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import type { NewFleet } from "../../src/fleet/fleet.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { temporaryFolder } from "./temporary-folder.ts"

/**
 * A command ends before its second garbage collection, mostly, and has little to do for helpers: it takes a tenth less so.
 * Not where a test sets `NODE_OPTIONS`, as one of memory does.
 */
const SHORT_LIVED = "--min-semi-space-size=16 --v8-pool-size=1"

export interface RunOptions {
  /** Added to the machine's environment; `undefined` takes one away. */
  env?: Record<string, string | undefined>
  /** Put on standard input, which is empty otherwise. */
  input?: Uint8Array
  /** Leaves standard input open behind `input`. */
  inputStaysOpen?: boolean
  /** A command of the shell that is run before, as `ulimit -f 100`, or words that the command follows. */
  before?: string
}

export interface Outcome {
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Standard output as it came. */
  bytes: Buffer
}

export interface Running {
  process: ChildProcess
  outcome: Promise<Outcome>
}

/** A machine of its own, as far as Waybill can tell: a folder to work in, a home in that, and a bare environment. */
export class Machine {
  /** Where commands run; relative paths of their arguments start here. */
  readonly folder: string
  readonly env: Record<string, string | undefined>

  private constructor(folder: string) {
    this.folder = folder
    this.env = {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: process.env.TMPDIR,
      NODE: process.execPath,
      MAIN: inject("program"),
      WAYBILL_HOME: join(folder, "home"),
      DOCKER_CONFIG: join(folder, "docker"),
    }
  }

  /** A machine for the test that runs, with these fleets in its home. */
  static async create(...fleets: (FleetSlug | NewFleet)[]): Promise<Machine> {
    return Machine.at(await temporaryFolder(), ...fleets)
  }

  /** A machine in an empty folder, which the caller removes. */
  static async at(folder: string, ...fleets: (FleetSlug | NewFleet)[]): Promise<Machine> {
    const machine = new Machine(folder)
    await mkdir(join(machine.folder, "docker"))
    if (fleets.length > 0) await createFleets(machine.path("home"), fleets)
    return machine
  }

  /** Another machine with the same files, for the test that runs. */
  async copy(): Promise<Machine> {
    const machine = new Machine(await temporaryFolder())
    await cp(this.folder, machine.folder, { recursive: true })
    return machine
  }

  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Starts the command line as a process of its own. Words that hold spaces are given one by one. */
  start(args: string | readonly string[], options: RunOptions = {}): Running {
    const words = typeof args === "string" ? args.split(" ").filter((word) => word !== "") : args
    const before = options.before === undefined ? "exec" : options.before
    return this.#spawn("sh", ["-c", `${before} "$NODE" $FLAGS "$MAIN" "$@"`, "waybill", ...words], options)
  }

  run(args: string | readonly string[], options?: RunOptions): Promise<Outcome> {
    return this.start(args, options).outcome
  }

  /** Runs a line of the shell, in which `waybill` is the command. */
  shell(line: string, options: RunOptions = {}): Promise<Outcome> {
    return this.#spawn(
      "bash",
      ["-c", `set -o pipefail; waybill() { "$NODE" $FLAGS "$MAIN" "$@"; }; ${line}`],
      options,
    ).outcome
  }

  /** Runs a command that has to succeed, and returns its standard output. */
  async ok(args: string | readonly string[], options?: RunOptions): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, options)
    if (status !== 0) throw new Error(`waybill ${args} ended with ${status}:\n${stdout}${stderr}`)
    return stdout
  }

  /** Runs a command that has to succeed with `--json`, and returns its document. */
  async json<Value = Record<string, unknown>>(
    args: string | readonly string[],
    options?: RunOptions,
  ): Promise<Value> {
    const words = typeof args === "string" ? `${args} --json` : [...args, "--json"]
    return JSON.parse(await this.ok(words, options)) as Value
  }

  #spawn(command: string, args: readonly string[], options: RunOptions): Running {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: {
        ...this.env,
        ...(options.env?.NODE_OPTIONS === undefined && { FLAGS: SHORT_LIVED }),
        ...options.env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    })
    // A command may well end without having read what it was given.
    const outcome = outcomeOf(child, child.stdout, child.stderr)
    onTestFinished(async () => {
      child.kill("SIGKILL")
      await outcome
    })
    child.stdin.on("error", () => undefined)
    if (options.inputStaysOpen) child.stdin.write(options.input ?? "")
    else child.stdin.end(options.input)
    return { process: child, outcome }
  }
}

/** Without a process for each, for they are many. */
export async function createFleets(home: string, fleets: readonly (FleetSlug | NewFleet)[]): Promise<void> {
  const context = await openHome({ path: home, clock: systemClock, actor: "tester" })
  try {
    for (const fleet of fleets) {
      const wanted = typeof fleet === "string" ? { slug: fleet } : fleet
      await context.fleets.createFleet(wanted, context.change())
    }
  } finally {
    await context.close()
  }
}

async function outcomeOf(child: ChildProcess, stdout: Readable, stderr: Readable): Promise<Outcome> {
  const [bytes, errors] = await Promise.all([collect(stdout), collect(stderr), once(child, "close")])
  return {
    status: child.exitCode,
    signal: child.signalCode,
    stdout: Buffer.from(bytes).toString(),
    stderr: Buffer.from(errors).toString(),
    bytes: Buffer.from(bytes),
  }
}
