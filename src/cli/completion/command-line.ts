import type { Argument, Command, Option } from "commander"

/** What a word of a command line may be completed to, with a few words about it. */
export interface Candidate {
  value: string
  about: string
}

/** What is to be completed: one of these, or a value, by what it is called in the help. */
export type Wanted =
  | { kind: "candidates"; candidates: Candidate[] }
  | { kind: "value"; name: string; choices: readonly string[] }

export interface CommandLine {
  wanted: Wanted
  /** What stands in the word before that which is to be completed, as `--version=`; it is put before each candidate. */
  before: string
  /** The beginning of what is to be completed. */
  beginning: string
  /** What the command was given so far, without its flags. */
  operands: string[]
  /** The context that it names. */
  context: string | undefined
}

/** Reads the words behind the program's name, the last of which is to be completed. */
export function readCommandLine(program: Command, words: readonly string[]): CommandLine {
  const { complete, last, isSplit } = joined(words)
  const state = { command: program, operands: [] as string[], context: undefined as string | undefined }
  const given = new Set<Option>()
  let pending: Option | undefined
  let isBehindFlags = false
  for (const word of complete) {
    if (pending !== undefined) {
      if (pending.long === "--context") state.context = word
      pending = undefined
    } else if (!isBehindFlags && word === "--") {
      isBehindFlags = true
    } else if (!isBehindFlags && isFlag(word)) {
      const { flag, value } = splitFlag(word)
      const option = findOption(state.command, flag)
      if (option === undefined) continue
      given.add(option)
      if (value === undefined && takesValue(option)) pending = option
      if (value !== undefined && option.long === "--context") state.context = value
    } else {
      const next = subcommands(state.command).find((known) => known.name() === word)
      if (next === undefined) state.operands.push(word)
      // Behind it the words of a command follow, as they do without it.
      else if (next.name() !== "help") state.command = next
    }
  }
  const { command, operands, context } = state
  const line = { operands, context, before: "", beginning: last }
  if (pending !== undefined) return { ...line, wanted: ofOption(pending) }
  if (!isBehindFlags && last.startsWith("-")) {
    const { flag, value } = splitFlag(last)
    if (value === undefined) return { ...line, wanted: flagsOf(command, given) }
    const option = findOption(command, flag)
    const wanted = option !== undefined && takesValue(option) ? ofOption(option) : nothing()
    return { ...line, wanted, before: isSplit ? "" : `${flag}=`, beginning: value }
  }
  const groups = subcommands(command)
  if (groups.length > 0) {
    // What stands there is no command.
    if (operands.length > 0) return { ...line, wanted: nothing() }
    const candidates = groups.map((known) => ({ value: known.name(), about: known.description() }))
    return { ...line, wanted: { kind: "candidates", candidates } }
  }
  const at = last.indexOf("/") < 0 ? -1 : last.indexOf("@")
  if (at > 0) {
    const release = {
      wanted: { kind: "value", name: "release", choices: [] },
      beginning: last.slice(at + 1),
    } as const
    return {
      ...line,
      ...release,
      operands: [last.slice(0, at)],
      before: isSplit ? "" : last.slice(0, at + 1),
    }
  }
  return { ...line, wanted: ofArgument(command.registeredArguments, operands.length) }
}

/** bash gives `--flag=value` as three words, and so `fleet@release`. */
function joined(words: readonly string[]): { complete: string[]; last: string; isSplit: boolean } {
  const whole: string[] = []
  let isSplit = false
  for (const [at, word] of words.entries()) {
    const isLast = at === words.length - 1
    const before = whole.at(-1) ?? ""
    const isBehind = (mark: string) => word === mark || words[at - 1] === mark
    const continues =
      (before.startsWith("--") && isBehind("=")) || (/^[^-/][^/]*\//.test(before) && isBehind("@"))
    if (continues) whole[whole.length - 1] = before + word
    else whole.push(word)
    if (isLast) isSplit = continues
  }
  return { complete: whole.slice(0, -1), last: whole.at(-1) ?? "", isSplit }
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-"
}

function splitFlag(word: string): { flag: string; value: string | undefined } {
  const at = word.startsWith("--") ? word.indexOf("=") : -1
  return at < 0 ? { flag: word, value: undefined } : { flag: word.slice(0, at), value: word.slice(at + 1) }
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}

function findOption(command: Command, flag: string): Option | undefined {
  return optionsOf(command).find(({ short, long }) => flag === short || flag === long)
}

function subcommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command)
}

function flagsOf(command: Command, given: ReadonlySet<Option>): Wanted {
  // Those with a value may be meant to be given again.
  const left = optionsOf(command).filter((option) => takesValue(option) || !given.has(option))
  const candidates = left.map(({ long, short, description }) => ({
    value: long ?? short ?? "",
    about: description,
  }))
  return { kind: "candidates", candidates }
}

function ofOption(option: Option): Wanted {
  const placeholder = /[<[]([^>\]]*)/.exec(option.flags)?.[1] ?? ""
  // A name alone does not say of what.
  const name = placeholder === "name" ? (option.long ?? "") : placeholder
  return { kind: "value", name, choices: option.argChoices ?? [] }
}

function ofArgument(known: readonly Argument[], at: number): Wanted {
  const last = known.at(-1)
  const argument = known[at] ?? (last?.variadic ? last : undefined)
  if (argument === undefined) return nothing()
  return { kind: "value", name: argument.name(), choices: argument.argChoices ?? [] }
}

function nothing(): Wanted {
  return { kind: "candidates", candidates: [] }
}
