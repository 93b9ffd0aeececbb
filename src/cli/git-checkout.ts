import { execa } from "execa"
import { WaybillError } from "../errors/waybill-error.ts"

/** What a git checkout is at. */
interface Checkout {
  /** 40 hex digits; of a repository with SHA-256, the beginning of what `HEAD` is. */
  commit: string
  /** Whether something in it is not committed: changed, or new and not ignored. */
  isDirty: boolean
}

const COMMIT_LENGTH = 40

/** Names of the environment that lead git to another repository than that of a folder, as in a hook (git(1), ENVIRONMENT). */
const REPOSITORY_VARIABLES: ReadonlySet<string> = new Set([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
])

/** With all of its words in front of a path, it is about another repository, as of a worktree whose own is gone. */
const OUTSIDE = /^fatal: not a git repository \(or any /m

/**
 * The checkout that a folder lies in, whatever the environment names. `undefined` outside of one, in one without a commit, and
 * where git is not installed. Throws `GIT_FAILED` in git's words where git refuses or cannot tell.
 */
export async function findCheckout(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<Checkout | undefined> {
  const git = new Git(folder, environment, signal)
  const inside = await git.run("rev-parse", "--is-inside-work-tree")
  if (inside?.trim() !== "true") return undefined
  const status = await git.run(
    "status",
    "--porcelain=v2",
    "--branch",
    "--no-ahead-behind",
    "--untracked-files=normal",
  )
  const commit = /^# branch\.oid ([0-9a-f]+)$/m.exec(status ?? "")?.[1]
  if (commit === undefined) return undefined
  return { commit: commit.slice(0, COMMIT_LENGTH), isDirty: /^[^#]/m.test(status ?? "") }
}

class Git {
  readonly #folder: string
  readonly #environment: Record<string, string>
  readonly #signal: AbortSignal | undefined

  constructor(
    folder: string,
    environment: Readonly<Record<string, string | undefined>>,
    signal: AbortSignal | undefined,
  ) {
    this.#folder = folder
    this.#signal = signal
    const kept = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || REPOSITORY_VARIABLES.has(name) ? [] : [[name, value] as const],
    )
    this.#environment = { ...Object.fromEntries(kept), LC_ALL: "C" }
  }

  /** What git prints; `undefined` where there is no git, or no repository. */
  async run(...words: string[]): Promise<string | undefined> {
    // Looking must change nothing, and start no monitor that the repository's own configuration names. Its filters do run, by which
    // alone git can tell whether a file has changed: git itself refuses a repository of another user (safe.directory).
    const quietly = ["--no-optional-locks", "-c", "core.fsmonitor=false", ...words]
    const result = await execa("git", quietly, {
      cwd: this.#folder,
      env: this.#environment,
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      maxBuffer: 1024 * 1024,
      ...(this.#signal === undefined ? {} : { cancelSignal: this.#signal }),
    })
    this.#signal?.throwIfAborted()
    // Of a long list of changes the beginning tells enough.
    if (!result.failed || result.isMaxBuffer) return result.stdout
    // Also where that is no folder to start git in.
    if (result.code === "ENOENT" || result.code === "ENOTDIR" || OUTSIDE.test(result.stderr)) return undefined
    throw this.#failed(result.stderr || (result.shortMessage ?? "it failed"))
  }

  #failed(said: string): WaybillError {
    const reason = said.split("\n")[0]?.replace(/^fatal: /, "") ?? ""
    const trust = /^\s*(git config .*safe\.directory .*)$/m.exec(said)?.[1]
    return new WaybillError("GIT_FAILED", `git does not tell the commit of ${this.#folder}: ${reason}`, {
      hint:
        trust === undefined
          ? "mend what git says, or name the commit with --commit"
          : `trust it with \`${trust}\`, or name the commit with --commit`,
    })
  }
}
