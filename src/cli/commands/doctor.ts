import { visible } from "../../errors/quote.ts"
import type { Fleet } from "../../fleet/fleet.ts"
import { checkHome, compareClocks } from "../../operations/check-home.ts"
import { checkRegistries } from "../../operations/check-registries.ts"
import { type Finding, finding, found, thrown } from "../../operations/finding.ts"
import { openRegistries } from "../../operations/registries.ts"
import { listLogins } from "../../registry/load-credentials.ts"
import { systemClock } from "../../system-clock.ts"
import { withCommand } from "../command-hints.ts"
import type { ServerContext } from "../contexts.ts"
import { connectTo, credentialSources, findServer, openEmbedded, registriesOf } from "../environment.ts"
import { plural, styled } from "../format.ts"
import { homePath } from "../home-path.ts"
import { lockTimeout } from "../lock-timeout.ts"
import type { RegistryOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { packageVersion } from "../package-version.ts"
import { printPrincipal } from "../principal-view.ts"
import { UsageError } from "../usage-error.ts"

/** Looks at all that commands rely on. The exit status is 1 where something stands in their way. */
export async function doctor(options: RegistryOptions, signal: AbortSignal): Promise<void> {
  const database = process.env.WAYBILL_DATABASE || undefined
  const now = new Date(systemClock.now())
  const home = await checkHome(homePath(), { database, lockTimeout: lockTimeout(), now })
  const findings = [versions(), ...home.findings]
  const place = await chosenPlace(options)
  findings.push(...place.findings)

  const fleets: Fleet[] = []
  if (place.server !== undefined) findings.push(...(await checkServer(place.server, fleets, signal)))
  else if (home.isReady) fleets.push(...(await fleetsOfHome()))
  findings.push(...(await checkLogins(options, fleets, signal)))
  signal.throwIfAborted()

  const told = findings.map(withCommand)
  const problems = findings.filter(({ status }) => status === "problem").length
  const warnings = findings.filter(({ status }) => status === "warning").length
  printResult(
    options,
    { problems, warnings, findings: told },
    told.map(printFinding).join("") + summary(problems, warnings),
  )
  if (problems > 0) process.exitCode = 1
}

function versions(): Finding {
  const { versions, platform, arch } = process
  const message = `Waybill ${packageVersion()}, Node.js ${versions.node}, SQLite ${versions.sqlite}, ${platform}-${arch}`
  return finding("version", "ok", message)
}

/** The server that commands work on, if it is one. A context that is named and is not there is a wrong command line. */
async function chosenPlace(
  options: RegistryOptions,
): Promise<{ server?: ServerContext | undefined; findings: Finding[] }> {
  try {
    return { server: await findServer(options), findings: [] }
  } catch (error) {
    if (error instanceof UsageError) throw error
    return { findings: [thrown("context", "problem", error)] }
  }
}

async function fleetsOfHome(): Promise<Fleet[]> {
  const home = await openEmbedded({})
  try {
    return await home.fleets.listFleets()
  } finally {
    await home.close()
  }
}

/** Adds the fleets of the server to `fleets`. */
async function checkServer(server: ServerContext, fleets: Fleet[], signal: AbortSignal): Promise<Finding[]> {
  return found("server", "problem", async () => {
    const remote = await connectTo(server)
    try {
      const principal = await remote.principal({ signal })
      const answers = finding(
        "server",
        "ok",
        `${server.server} answers; you are ${printPrincipal(principal)}`,
      )
      // Its key reaches nothing else.
      if (principal.kind === "device") return [answers]
      const { version, time } = await remote.about({ signal })
      fleets.push(...(await remote.fleets.listFleets()))
      const clock =
        time === undefined ? [] : [compareClocks(new Date(systemClock.now()), time, server.server)]
      return [answers, compareVersions(version, server.server), ...clock]
    } finally {
      await remote.close()
    }
  })
}

/** Of servers and clients that differ in major or minor, one may not know what the other means. */
function compareVersions(version: string, server: string): Finding {
  const series = (text: string) => text.split(".", 2).join(".")
  if (series(version) === series(packageVersion()))
    return finding("version", "ok", `${server} is Waybill ${version}`)
  const message = `${server} is Waybill ${version}, and this is ${packageVersion()}`
  return finding("version", "warning", message, "install the same version on both, the server first")
}

async function checkLogins(
  options: RegistryOptions,
  fleets: Fleet[],
  signal: AbortSignal,
): Promise<Finding[]> {
  return found("registry", "problem", async () => {
    const logins = await listLogins(credentialSources())
    const { registries, closeRegistries } = openRegistries({
      clock: systemClock,
      registry: await registriesOf(options),
    })
    try {
      return await checkRegistries(await registries(), logins, fleets, signal)
    } finally {
      await closeRegistries()
    }
  })
}

const STYLES = { ok: "green", warning: "yellow", problem: "red" } as const

function printFinding({ check, status, message, hint }: Finding): string {
  const line = `${styled(STYLES[status], status.padEnd(7))}  ${check.padEnd(8)}  ${visible(message)}\n`
  return hint === null ? line : `${line}${" ".repeat(19)}hint: ${visible(hint)}\n`
}

function summary(problems: number, warnings: number): string {
  if (problems + warnings === 0) return "nothing is wrong\n"
  return `${plural(problems, "problem", "problems")}, ${plural(warnings, "warning", "warnings")}\n`
}
