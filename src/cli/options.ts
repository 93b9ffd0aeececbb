import { type Command, InvalidArgumentError, Option } from "commander"

/** Options of every command. */
export interface CommonOptions {
  context?: string
  json?: boolean
  quiet?: boolean
  debug?: boolean
}

/** How commands that move or read content show how far they are. */
export interface ProgressOptions extends CommonOptions {
  progress?: "plain" | "tty" | "none"
}

/** Options of commands that ask registries. */
export interface RegistryOptions extends CommonOptions {
  plainHttp?: boolean
  caFile?: string
  certFile?: string
  keyFile?: string
}

/** Options of commands that move content. */
export interface TransferOptions extends RegistryOptions, ProgressOptions {
  concurrency: number
  minRate: number
}

export function withCommonOptions(command: Command): Command {
  return command
    .option("--json", "print one JSON document on standard output")
    .option("--quiet", "show no progress")
    .option("--debug", "show where in the program an error came from")
}

/** For commands that work in a context. */
export function withContextOptions(command: Command): Command {
  return withCommonOptions(command).option(
    "--context <name>",
    "where to work: home, or a server (default: see `waybill context list`)",
  )
}

/** For commands that say what a change makes devices run. */
export interface PreviewedOptions extends CommonOptions {
  dryRun?: boolean
}

export function withDryRun(command: Command): Command {
  return command.option("--dry-run", "say what it would make devices run, and change nothing")
}

export function withProgressOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--progress <how>",
      "how far it is: drawn on a terminal, as lines of a log, or not at all",
    ).choices(["tty", "plain", "none"]),
  )
}

export function withRegistryOptions(command: Command): Command {
  return command
    .option("--plain-http", "speak plain HTTP to registries that are not on this machine")
    .option("--ca-file <file>", "trust these certificates too (PEM)")
    .option("--cert-file <file>", "client certificate (PEM)")
    .option("--key-file <file>", "key of the client certificate (PEM)")
}

export function withTransferOptions(command: Command): Command {
  const transfer = withProgressOption(withContextOptions(command))
    .addOption(
      new Option("--concurrency <n>", "transfers under way at once").argParser(parseConcurrency).default(4),
    )
    .addOption(
      new Option("--min-rate <bytes>", "give up a transfer slower than this per second; 0: none")
        .argParser(parseRate)
        .default(1024),
    )
  return withRegistryOptions(transfer)
}

/** For commands that read a bundle of which one knows what it must be. */
export interface IntegrityOptions {
  integrity?: string
  checksumFile?: string
}

export function withIntegrityOptions(command: Command): Command {
  return command
    .option("--integrity <sri>", "what the bundle must be, as `release export --integrity` prints it")
    .option("--checksum-file <file>", "look up there what it must be, as in a file of sha256sum")
}

/** For commands that serve. */
export interface ListenOptions extends CommonOptions {
  listen: string
  tlsCert?: string
  tlsKey?: string
  plainHttp?: boolean
  hostName: string[]
  maxConnections: number
}

/** As `LIMITS` of the server, which is not loaded for its help alone. */
const MAX_CONNECTIONS = 2000

export function withListenOptions(command: Command, address: string): Command {
  return withCommonOptions(command)
    .option("--listen <host:port>", "where to listen", address)
    .option("--tls-cert <file>", "certificate with its chain (PEM)")
    .option("--tls-key <file>", "key of the certificate (PEM)")
    .option("--plain-http", "listen beyond this machine without TLS")
    .addOption(
      new Option("--host-name <name>", "a name that it is asked under, as behind a proxy; may be repeated")
        .argParser((name, names: string[]) => [...names, parseHostName(name)])
        .default([], "those it listens under"),
    )
    .addOption(
      new Option("--max-connections <n>", "connections at once; whoever comes then is told to try again")
        .argParser(parseCount)
        .default(MAX_CONNECTIONS),
    )
}

/** A name, or an address, without a port. */
function parseHostName(text: string): string {
  if (/^(?:[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,251}[a-zA-Z0-9])?|\[?[0-9a-fA-F:.]+\]?)$/.test(text)) return text
  throw new InvalidArgumentError("It is a name or an address, without a port.")
}

/** A number of things to show, from 1. */
export function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError("It is a number from 1.")
}

function parseRate(text: string): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text)
  throw new InvalidArgumentError("It is a number of bytes per second, from 0.")
}

const MAX_CONCURRENCY = 64

function parseConcurrency(text: string): number {
  const value = Number(text)
  if (/^[0-9]+$/.test(text) && value >= 1 && value <= MAX_CONCURRENCY) return value
  throw new InvalidArgumentError(`It is a number from 1 to ${MAX_CONCURRENCY}.`)
}
