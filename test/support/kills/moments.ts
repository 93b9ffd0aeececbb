import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { inject } from "vitest"
import { digestOf } from "../../../src/oci/digest.ts"
import { temporaryFolder } from "../temporary-folder.ts"

/** What is done, and for the how many-th time: `before rename 2`. */
export type Moment = string

type Environment = Record<string, string>

const PRELOADED: Environment = { NODE_OPTIONS: `--import=${inject("killer")}` }

/**
 * All moments of a run at which it can be killed, in their order: `run` starts it with the environment that it is given,
 * and can ask which there were so far.
 */
export async function momentsOf(
  run: (env: Environment, soFar: () => Promise<Moment[]>) => Promise<unknown>,
): Promise<Moment[]> {
  const notes = join(await temporaryFolder(), "moments")
  const soFar = async () => (await readFile(notes, "utf8")).trimEnd().split("\n")
  await run({ ...PRELOADED, WAYBILL_TEST_MOMENTS: notes }, soFar)
  return soFar()
}

/** The environment of a process that is killed when it comes to that moment. */
export function killedAt(moment: Moment): Environment {
  return { ...PRELOADED, WAYBILL_TEST_KILL: moment }
}

/** Takes some of a run's moments, to kill it there. */
export type Choice = (moments: readonly Moment[]) => Moment[]

/** What is done at a moment, whichever time: `before rename`. */
function kindOf(moment: Moment): string {
  return moment.replace(/ \d+$/, "")
}

/**
 * So many of them, chosen by the seed of the run: of each kind one, and then of each one more, until there are enough.
 * A run prints its seed, and `WAYBILL_TEST_SEED` sets it. `purpose` makes two choices of a test differ.
 */
export function some(count: number, purpose = ""): Choice {
  const seed = inject("seed")
  const rank = (text: string) => digestOf(Buffer.from(`${seed} ${purpose} ${text}`))
  const byRank = (one: string, other: string) => (rank(one) < rank(other) ? -1 : 1)
  return (moments) => {
    const kinds = Map.groupBy(moments.toSorted(byRank), kindOf)
    const shuffled = [...kinds.keys()].toSorted(byRank).map((kind) => kinds.get(kind) ?? [])
    const longest = Math.max(0, ...shuffled.map(({ length }) => length))
    const rounds = Array.from({ length: longest }, (_, at) => shuffled.flatMap((kind) => kind[at] ?? []))
    return rounds.flat().slice(0, count)
  }
}

/** Of each kind of moment one, and of all a third, as the seed has it. */
export const ofEachKind: Choice = (moments) => {
  const kinds = new Set(moments.map(kindOf)).size
  return some(Math.max(kinds, Math.ceil(moments.length / 3)))(moments)
}

const PARTS = 8

/** All of them, in as many parts, so that no test takes too long. */
export const everyPart = Array.from({ length: PARTS }, (_, part) => ({
  name: `part ${part + 1} of ${PARTS}`,
  choice: ((moments) => moments.filter((_, at) => at % PARTS === part)) as Choice,
}))

/** Where a run's processes are killed: see `kills` in the run's setup. */
export const choices =
  inject("kills") === "all"
    ? everyPart
    : [{ name: "a third of them, and of each kind one", choice: ofEachKind }]
