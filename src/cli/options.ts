import { type Command, InvalidArgumentError, Option } from "commander"

/** Options of every command. */
export interface CommonOptions {
  json?: boolean
  quiet?: boolean
  debug?: boolean
}

/** Options of commands that move content. */
export interface TransferOptions extends CommonOptions {
  concurrency: number
  plainHttp?: boolean
  caFile?: string
  certFile?: string
  keyFile?: string
}

export function withCommonOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON document on standard output")
    .option("--quiet", "show no progress")
    .option("--debug", "show where in the program an error came from")
}

export function withTransferOptions(command: Command): Command {
  return withCommonOptions(command)
    .addOption(
      new Option("--concurrency <n>", "transfers under way at once").argParser(parseConcurrency).default(4),
    )
    .option("--plain-http", "speak plain HTTP to registries that are not on this machine")
    .option("--ca-file <file>", "trust these certificates too (PEM)")
    .option("--cert-file <file>", "client certificate (PEM)")
    .option("--key-file <file>", "key of the client certificate (PEM)")
}

const MAX_CONCURRENCY = 64

function parseConcurrency(text: string): number {
  const value = Number(text)
  if (/^[0-9]+$/.test(text) && value >= 1 && value <= MAX_CONCURRENCY) return value
  throw new InvalidArgumentError(`It is a number from 1 to ${MAX_CONCURRENCY}.`)
}
