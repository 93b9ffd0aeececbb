// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import fc from "fast-check"

/** A value behind a tag of Compose, in a compose file that is written as JSON otherwise. */
class Tagged {
  readonly tag: string
  readonly value: unknown

  constructor(tag: string, value: unknown) {
    this.tag = tag
    this.value = value
  }
}

/** Writes a compose file. */
export function printComposeText(value: unknown): string {
  if (value instanceof Tagged) return `${value.tag} ${printComposeText(value.value)}`
  if (Array.isArray(value)) return `[${value.map(printComposeText).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const pairs = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}: ${printComposeText(inner)}`,
  )
  return `{${pairs.join(", ")}}`
}

const text = fc.constantFrom("a", "b", "c", "$A", "${B:-b}", "$$A", "a$A", "", "1")
const scalar = fc.oneof(text, fc.constantFrom(1, true, 1.5))
const list = (...entries: unknown[]) => fc.uniqueArray(fc.constantFrom(...entries), { maxLength: 4 })
const texts = fc.array(text, { maxLength: 3 })
const textOrList = (...entries: string[]) => fc.oneof(fc.constantFrom(...entries), list(...entries))

const names = ["A", "B", "a.b", "C-d"]
const keyValues = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), fc.option(scalar), { maxKeys: 4 }),
  list(...names, "A=1", "B=$A", "C-d=", "a.b=x=y", "$A=1", "A=2"),
)
const resource = (name: string) =>
  list(name, { source: name }, { source: name, target: "/etc/t" }, "other", "$R")
const plainNames = (fields: unknown) =>
  fc.oneof(list("one", "two", "three"), fc.dictionary(fc.constantFrom("one", "two"), fc.constant(fields)))

/** What services may have, with more than one way to write it. */
const FIELDS: Record<string, fc.Arbitrary<unknown>> = {
  command: fc.oneof(text, texts, fc.constant(null)),
  entrypoint: fc.oneof(text, texts),
  environment: keyValues,
  labels: keyValues,
  annotations: keyValues,
  sysctls: fc.oneof(
    fc.dictionary(fc.constantFrom("net.core.somaxconn", "n"), fc.constantFrom("1", 2)),
    list("net.core.somaxconn=1", "n=$A"),
  ),
  ports: list(
    "80",
    "8080:80",
    "127.0.0.1:8080:80",
    "${P:-8080}:80",
    "3000-3002:3000-3002",
    "53:53/udp",
    81,
    { target: 80, published: "8080" },
    { target: 53, published: "53", protocol: "udp", mode: "host" },
    { target: 3001, published: "3001", name: "web" },
    "[::1]:82:82",
  ),
  volumes: list(
    "data:/data",
    "./here:/data:ro",
    "/data",
    "data:/other/",
    { type: "volume", source: "data", target: "/data", read_only: true },
    { type: "bind", source: "./x", target: "/other" },
    "${D:-data}:/data",
    "data:/var/../data",
  ),
  devices: list(
    "/dev/a:/dev/x",
    "/dev/b:/dev/x:r",
    "/dev/x",
    { source: "/dev/c", target: "/dev/x" },
    "$A:/dev/x",
  ),
  secrets: resource("key"),
  configs: resource("page"),
  dns: textOrList("192.0.2.1", "192.0.2.2", "$D"),
  dns_search: textOrList("a.example", "b.example"),
  dns_opt: list("use-vc", "no-tld-query"),
  tmpfs: textOrList("/run", "/tmp:size=1m", "/tmp:size=2m", "$A"),
  env_file: fc.oneof(
    fc.constant("a.env"),
    list("a.env", { path: "a.env", required: false }, { path: "b.env" }, "$A.env"),
  ),
  label_file: textOrList("a.label", "b.label"),
  extra_hosts: fc.oneof(
    list(
      "one=192.0.2.1",
      "one=192.0.2.2",
      "two:192.0.2.3",
      "two=${IP}",
      "six=[::1]",
      "one=192.0.2.1,192.0.2.9",
    ),
    fc.dictionary(
      fc.constantFrom("one", "two", "th$ree"),
      fc.oneof(fc.constant("192.0.2.4"), list("192.0.2.1", "192.0.2.5")),
      // Of two that are empty Compose makes nothing, and then refuses that.
      { minKeys: 1 },
    ),
  ),
  cap_add: list("ALL", "NET_ADMIN", "$C"),
  expose: list("80", 80, "81", "$A"),
  profiles: list("debug", "test"),
  links: list("one", "one:o", "two"),
  security_opt: list("no-new-privileges", "label=disable", "seccomp=$A", "$A"),
  group_add: list("1", "audio", "$A"),
  depends_on: plainNames({ condition: "service_healthy", restart: true }),
  networks: fc.oneof(
    plainNames({ aliases: ["x", "y"], priority: 1 }),
    plainNames({ aliases: ["y=1", "z"] }),
    plainNames(null),
  ),
  logging: fc.record(
    {
      driver: fc.constantFrom("json-file", "syslog", "$L"),
      options: fc.dictionary(fc.constantFrom("tag", "max"), text),
    },
    { requiredKeys: [] },
  ),
  ulimits: fc.dictionary(
    fc.constantFrom("nofile", "nproc"),
    fc.oneof(fc.constantFrom(10, 20), fc.constant({ soft: 1, hard: 2 }), fc.constant({ soft: 3, hard: 4 })),
  ),
  healthcheck: fc.record(
    {
      test: fc.oneof(
        text,
        texts.map((words) => ["CMD", ...words]),
      ),
      interval: fc.constantFrom("1s", "2s"),
      disable: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  deploy: fc.record(
    {
      labels: keyValues,
      replicas: fc.constantFrom(1, 2),
      placement: fc.record({ constraints: list("node.role==manager", "$A") }),
    },
    { requiredKeys: [] },
  ),
  gpus: fc.oneof(fc.constant("all"), fc.constant([{ count: 1, driver: "nvidia" }])),
  restart: fc.constantFrom("always", "no", "${R:-always}"),
  init: fc.boolean(),
  "x-note": fc.oneof(scalar, texts, fc.dictionary(fc.constantFrom("k", "l"), fc.oneof(scalar, texts))),
}

const tagged = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 8, arbitrary: value },
    { weight: 1, arbitrary: value.map((inner) => new Tagged("!override", inner)) },
    { weight: 1, arbitrary: fc.constantFrom(null, [], {}).map((inner) => new Tagged("!reset", inner)) },
  )

/** Two compose files, of which the second overrides the first. A few fields of many, so that they meet in both. */
export const composeFiles: fc.Arbitrary<[unknown, unknown]> = fc
  .uniqueArray(fc.constantFrom(...Object.keys(FIELDS)), { minLength: 1, maxLength: 3 })
  .chain((keys) => {
    const plain = Object.fromEntries(keys.map((key) => [key, FIELDS[key] ?? fc.constant(null)]))
    const overriding = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, tagged(value)]))
    return fc.tuple(
      fc.record(plain).map((web) => ({ ...SITE, services: { ...OTHERS, web: { image: "web", ...web } } })),
      fc.record(overriding, { requiredKeys: [] }).map((web) => ({ services: { web } })),
    )
  })

const OTHERS = { one: { image: "one" }, two: { image: "two" }, three: { image: "three" } }
const SITE = {
  networks: { one: {}, two: {}, three: {} },
  volumes: { data: {} },
  secrets: Object.fromEntries(["key", "other", "a", "b"].map((name) => [name, { environment: "KEY" }])),
  configs: Object.fromEntries(["page", "other", "a", "b"].map((name) => [name, { content: "x" }])),
}

/** Of which many make texts the same that differ as they are written. */
export const variables: fc.Arbitrary<Record<string, string>> = fc.record({
  A: fc.constantFrom("a", "A", "1"),
  B: fc.constantFrom("b", "a"),
  C: fc.constantFrom("ALL", "NET_RAW"),
  D: fc.constantFrom("192.0.2.1", "./here"),
  IP: fc.constantFrom("192.0.2.1", "192.0.2.8"),
  L: fc.constantFrom("syslog", "journald"),
  P: fc.constantFrom("8080", "9090"),
  R: fc.constantFrom("key", "page", "other"),
})
