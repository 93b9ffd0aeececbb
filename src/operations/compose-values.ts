import { isRecord } from "../oci/first-fault.ts"

/**
 * The environment of a service by the names of its variables, whichever of its two forms it has (compose-spec, services,
 * environment). One without a value, which Compose takes from where it runs, is as `${NAME}`. `undefined` for what has neither form.
 */
export function environmentOf(value: unknown): Map<string, string> | undefined {
  if (value == null) return new Map()
  if (Array.isArray(value)) {
    if (!value.every((each) => typeof each === "string")) return undefined
    return new Map(
      value.map((each) => {
        const at = each.indexOf("=")
        return at < 0 ? [each, passedOn(each)] : [each.slice(0, at), each.slice(at + 1)]
      }),
    )
  }
  if (!isRecord(value)) return undefined
  const entries = Object.entries(value)
  if (entries.some(([, each]) => typeof each === "object" && each !== null)) return undefined
  return new Map(entries.map(([name, each]) => [name, each === null ? passedOn(name) : String(each)]))
}

/**
 * The published ports of a service by those of its container, as `80/tcp`, whichever of their forms they have (compose-spec,
 * services, ports): `8080:80`, `127.0.0.1:8080:80`, and `80` for any. Those that are published several times have all with commas between. `undefined` for what
 * has none of the forms.
 */
export function portsOf(value: unknown): Map<string, string> | undefined {
  if (value == null) return new Map()
  if (!Array.isArray(value)) return undefined
  const ports = new Map<string, string[]>()
  for (const each of value) {
    const port = portOf(each)
    if (port === undefined) return undefined
    ports.set(port.key, [...(ports.get(port.key) ?? []), port.text])
  }
  return new Map([...ports].map(([key, texts]) => [key, texts.toSorted().join(", ")]))
}

function passedOn(name: string): string {
  return `\${${name}}`
}

function portOf(value: unknown): { key: string; text: string } | undefined {
  if (typeof value === "number") return { key: `${value}/tcp`, text: `${value}` }
  if (typeof value === "string") {
    const [, text = "", protocol = "tcp"] = /^(.*?)(?:\/(tcp|udp|sctp))?$/s.exec(value) ?? []
    return { key: `${containerPort(text)}/${protocol}`, text }
  }
  if (!isRecord(value)) return undefined
  const { target, published, protocol = "tcp", host_ip, ...others } = value
  if (![target, published, protocol, host_ip].every(isPlain) || target == null) return undefined
  const ip = String(host_ip ?? "")
  const place = ip.includes(":") ? `[${ip}]` : ip
  const parts = [
    ...(place === "" ? [] : [place]),
    ...(published == null ? [] : [String(published)]),
    String(target),
  ]
  const more = Object.keys(others).length === 0 ? "" : ` ${JSON.stringify(others)}`
  return { key: `${target}/${protocol}`, text: `${parts.join(":")}${more}` }
}

function isPlain(value: unknown): boolean {
  return value == null || typeof value === "string" || typeof value === "number"
}

/** What stands behind the last colon that is not in a variable, as `${PORT:-80}`. */
function containerPort(text: string): string {
  let depth = 0
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === "}") depth++
    if (text[at] === "{") depth--
    if (text[at] === ":" && depth === 0) return text.slice(at + 1)
  }
  return text
}
