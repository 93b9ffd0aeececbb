import type { Json } from "../bundle/release-manifest.ts"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { fillDefaults } from "./interpolation.ts"

type Section = { readonly [key: string]: Json | undefined }

/** What compose takes for a path, and not for the name of a volume (compose-spec, services, volumes, short syntax). */
const PATH = /^(?:[./~\\]|[A-Za-z]:[\\/])/

/** Without anybody setting it (compose-spec, Interpolation and the name of a project). */
const SET_BY_COMPOSE: ReadonlySet<string> = new Set(["COMPOSE_PROJECT_NAME"])

/**
 * Says what a composition needs from where it runs, since the release does not carry it: files, folders, and the values
 * of variables. One sentence each.
 */
export function warningsOf(composition: Section): string[] {
  const services = entries(composition.services)
  return [
    ...services.flatMap(([name, service]) => readFiles(name, service)),
    ...services.flatMap(([name, service]) => boundPaths(name, service)),
    ...entries(composition.volumes).flatMap(([name, volume]) => boundVolume(name, volume)),
    ...[...entries(composition.configs), ...entries(composition.secrets)].flatMap(
      ([name, { file, environment }]) => [
        ...(file === undefined ? [] : [`${name} comes from a file, which the release does not carry`]),
        ...(typeof environment === "string" ? [needs(name, environment)] : []),
      ],
    ),
    ...missingVariables(composition),
  ]
}

function readFiles(name: string, service: Section): string[] {
  return Object.entries({ env_file: "an env_file", label_file: "a label_file" })
    .filter(([key]) => service[key] !== undefined)
    .map(([, file]) => `service ${name} reads ${file}, which the release does not carry`)
}

function boundPaths(name: string, service: Section): string[] {
  return list(service.volumes).flatMap((volume) => {
    const path = typeof volume === "string" ? boundPath(volume) : longBoundPath(section(volume))
    return path === undefined ? [] : [mounts(`service ${name}`, path)]
  })
}

/** `SOURCE:TARGET[:MODE]`, where a path of Windows has a colon of its own. Without a source it is a volume that has no name. */
function boundPath(volume: string): string | undefined {
  const { text } = fillDefaults(volume)
  const source = /^((?:[A-Za-z]:[\\/])?[^:]*):/.exec(text)?.[1] ?? ""
  if (!PATH.test(source)) return undefined
  const rest = text.slice(source.length)
  return volume.endsWith(rest) ? volume.slice(0, -rest.length) : source
}

function longBoundPath({ type, source }: Section): string | undefined {
  return type === "bind" && typeof source === "string" ? source : undefined
}

/** A folder may also be mounted by way of a volume's driver, with the options of mount(8). */
function boundVolume(name: string, volume: Section): string[] {
  const { o, device } = section(volume.driver_opts)
  const isBind = typeof o === "string" && o.split(",").some((option) => /^r?bind$/.test(option))
  return isBind && typeof device === "string" ? [mounts(`volume ${name}`, device)] : []
}

function mounts(subject: string, path: string): string {
  return `${subject} mounts ${quoteUnlessPlain(path)}, a path of the machine it runs on, which the release does not carry`
}

/** Once for each place and variable. */
function missingVariables(composition: Section): string[] {
  const { services, ...rest } = composition
  const places = [
    ...entries(services).map(([name, service]) => [`service ${name}`, service] as const),
    ...Object.entries(rest).map(([key, value]) => [key, { [key]: value }] as const),
  ]
  return places.flatMap(([place, value]) =>
    [...new Set(variablesIn(value))]
      .filter((name) => !SET_BY_COMPOSE.has(name))
      .map((name) => needs(place, name)),
  )
}

function needs(subject: string, variable: string): string {
  return `${subject} needs a value for the variable ${quoteUnlessPlain(variable)}, which the release does not carry`
}

/** Of extensions (`x-…`) nothing runs. */
function variablesIn(fields: Section): string[] {
  return Object.entries(fields)
    .filter(([key]) => !key.startsWith("x-"))
    .flatMap(([key, value]) => [...(key === "environment" ? unsetNames(value) : []), ...namedIn(value)])
}

/** Compose passes on the value that a name without one has where it runs: `[NAME]` and `{NAME: }`. */
function unsetNames(environment: Json | undefined): string[] {
  if (Array.isArray(environment)) {
    return environment.flatMap((entry) => (typeof entry === "string" && !/[=$]/.test(entry) ? [entry] : []))
  }
  return Object.entries(section(environment)).flatMap(([name, value]) => (value === null ? [name] : []))
}

function namedIn(value: Json | undefined): string[] {
  if (typeof value === "string") return [...fillDefaults(value).missing]
  if (typeof value !== "object" || value === null) return []
  return Object.values(value).flatMap(namedIn)
}

function entries(value: Json | undefined): [string, Section][] {
  return Object.entries(section(value)).map(([name, inner]) => [name, section(inner)])
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function section(value: Json | undefined): Section {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}
}
