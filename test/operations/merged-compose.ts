// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so

/** What stands in compose files of which later ones override those before, each as the service web has it; and what comes of it. */
interface Merged {
  name: string
  /** Of `services.web`, beside its image. */
  files: string[]
  web: unknown
}

/** Compose files that are merged as Compose merges them (compose-spec, Merge). */
export const MERGED: readonly Merged[] = [
  {
    name: "what one of both has",
    files: ["init: true", "restart: always"],
    web: { init: true, restart: "always" },
  },
  { name: "plain values", files: ["restart: always", "restart: 'no'"], web: { restart: "no" } },
  { name: "nothing over something", files: ["restart: always", "restart:"], web: { restart: "always" } },
  {
    name: "mappings in mappings",
    files: [
      "deploy: { replicas: 1, resources: { limits: { cpus: '1' } } }",
      "deploy: { resources: { limits: { memory: 1g } } }",
    ],
    web: { deploy: { replicas: 1, resources: { limits: { cpus: "1", memory: "1g" } } } },
  },
  {
    name: "lists, each entry once",
    files: ["security_opt: [a:1, b:2]", "security_opt: [b:2, c:3]"],
    web: { security_opt: ["a:1", "b:2", "c:3"] },
  },
  { name: "a command", files: ["command: [a, b]", "command: c"], web: { command: "c" } },
  { name: "a command that is taken away", files: ["command: [a, b]", "command:"], web: { command: null } },
  { name: "an entrypoint", files: ["entrypoint: a", "entrypoint: [b]"], web: { entrypoint: ["b"] } },
  {
    name: "the test of a healthcheck",
    files: ["healthcheck: { test: [CMD, a], interval: 1s }", "healthcheck: { test: b }"],
    web: { healthcheck: { test: "b", interval: "1s" } },
  },
  {
    name: "an environment in mappings",
    files: ["environment: { A: 1, B: $X, C: c }", "environment: { B: b, C: , D: $$ }"],
    web: { environment: { A: 1, B: "b", C: null, D: "$$" } },
  },
  {
    name: "an environment in lists",
    files: ["environment: [A=1, B=$X]", "environment: [B=b=c, C]"],
    web: { environment: ["A=1", "B=b=c", "C"] },
  },
  {
    name: "an environment in both ways",
    files: ["environment: [A=1, B, C=]", "environment: { B: b }", "environment: [D=$X]"],
    web: { environment: { A: "1", B: "b", C: "", D: "$X" } },
  },
  {
    name: "variables for names of variables",
    files: ["environment: [$X=1]", "environment: [A=2]"],
    web: { environment: ["$X=1", "A=2"] },
  },
  { name: "labels", files: ["labels: { a: b }", "labels: [a=c, d]"], web: { labels: { a: "c", d: null } } },
  {
    name: "ports, each once",
    files: [
      "ports: ['8080:80', 53:53/udp]",
      "ports: [{ target: 80, published: '8080', mode: host }, '443:443']",
    ],
    web: { ports: [{ target: 80, published: "8080", mode: "host" }, "53:53/udp", "443:443"] },
  },
  {
    name: "ports with variables",
    files: ["ports: ['$P:80', '443:443']", "ports: ['8080:80']"],
    web: { ports: ["$P:80", "443:443", "8080:80"] },
  },
  {
    name: "volumes by what they are mounted at",
    files: [
      "volumes: ['data:/data', './a:/a:ro']",
      "volumes: ['./here:/data/', { type: tmpfs, target: /tmp }]",
    ],
    web: { volumes: ["./here:/data/", "./a:/a:ro", { type: "tmpfs", target: "/tmp" }] },
  },
  {
    name: "devices by where they are",
    files: ["devices: ['/dev/a:/dev/x']", "devices: ['/dev/b:/dev/x:r']"],
    web: { devices: ["/dev/b:/dev/x:r"] },
  },
  {
    name: "secrets and configs",
    files: [
      "{ secrets: [key], configs: [page] }",
      "{ secrets: [{ source: key, mode: 0400 }], configs: [{ source: page, target: /p }] }",
    ],
    web: {
      secrets: [{ source: "key", mode: 0o400 }],
      configs: ["page", { source: "page", target: "/p" }],
    },
  },
  {
    name: "a text and a list",
    files: ["{ dns: 192.0.2.1, tmpfs: '/tmp:size=1m' }", "{ dns: [192.0.2.2], tmpfs: ['/tmp:size=2m'] }"],
    web: { dns: ["192.0.2.1", "192.0.2.2"], tmpfs: ["/tmp:size=2m"] },
  },
  {
    name: "files of variables",
    files: ["env_file: a.env", "env_file: [{ path: a.env, required: false }, b.env]"],
    web: { env_file: [{ path: "a.env", required: false }, "b.env"] },
  },
  {
    name: "hosts, with all of their addresses",
    files: ["extra_hosts: { b$c: 192.0.2.2, a: 192.0.2.1 }", "extra_hosts: [a=192.0.2.3, a=192.0.2.1]"],
    web: { extra_hosts: ["a=192.0.2.1", "b$$c=192.0.2.2", "a=192.0.2.3"] },
  },
  {
    name: "dependencies in both ways",
    files: [
      "depends_on: [one]",
      "depends_on: { one: { condition: service_healthy }, two: { condition: service_started } }",
    ],
    web: {
      depends_on: {
        one: { condition: "service_healthy", required: true },
        two: { condition: "service_started" },
      },
    },
  },
  {
    name: "networks in both ways",
    files: ["networks: { one: { aliases: [a] } }", "networks: [one, two]"],
    web: { networks: { one: { aliases: ["a"] }, two: null } },
  },
  {
    name: "networks in lists",
    files: ["networks: [one, two]", "networks: [two, three]"],
    web: { networks: ["one", "two", "three"] },
  },
  {
    name: "options of one driver of logs",
    files: ["logging: { driver: syslog, options: { tag: a } }", "logging: { options: { x: b } }"],
    web: { logging: { driver: "syslog", options: { tag: "a", x: "b" } } },
  },
  {
    name: "options of another driver of logs",
    files: ["logging: { driver: syslog, options: { tag: a } }", "logging: { driver: journald }"],
    web: { logging: { driver: "journald" } },
  },
  {
    name: "limits",
    files: [
      "ulimits: { nofile: 1, nproc: { soft: 1, hard: 2 } }",
      "ulimits: { nofile: { soft: 3, hard: 4 }, nproc: { hard: 5 } }",
    ],
    web: { ulimits: { nofile: { soft: 3, hard: 4 }, nproc: { soft: 1, hard: 5 } } },
  },
  {
    name: "what is reset",
    files: ["{ ports: ['80'], init: true }", "ports: !reset []"],
    web: { init: true },
  },
  {
    name: "what is reset within",
    files: ["environment: { A: a, B: b }", "environment: { A: !reset null }"],
    web: { environment: { B: "b" } },
  },
  {
    name: "a name of a list that is reset",
    files: ["depends_on: [one, two]", "depends_on: { one: !reset null }"],
    web: { depends_on: { two: { condition: "service_started", required: true } } },
  },
  { name: "what is replaced", files: ["ports: ['80']", "ports: !override ['81']"], web: { ports: ["81"] } },
  { name: "a reset in a file alone", files: ["{ ports: !reset ['80'], init: true }"], web: { init: true } },
  { name: "a replacement in a file alone", files: ["ports: !override ['80']"], web: { ports: ["80"] } },
  {
    name: "extensions",
    files: ["x-note: { a: [1, $X] }", "x-note: { a: [$Y], b: 2 }"],
    web: { "x-note": { a: [1, "$X", "$Y"], b: 2 } },
  },
]

const SITE = `
networks: { one: {}, two: {}, three: {} }
volumes: { data: {} }
secrets: { key: { environment: KEY } }
configs: { page: { content: x } }
`

/** The files whole. */
export function textsOf({ files }: Pick<Merged, "files">): string[] {
  return files.map((web, at) => {
    const inner = web.startsWith("{") ? web.slice(1, -1) : web
    const others = at === 0 ? "one: { image: one }, two: { image: two }, three: { image: three }, " : ""
    const image = at === 0 ? "image: web, " : ""
    return `services: { ${others}web: { ${image}${inner} } }\n${at === 0 ? SITE : ""}`
  })
}
