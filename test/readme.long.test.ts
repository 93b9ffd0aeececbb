import { once } from "node:events"
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { execa } from "execa"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { blocks, shell } from "./support/document-examples.ts"
import { runRegistry } from "./support/running-registry.ts"
import { temporaryFolder } from "./support/temporary-folder.ts"

const ROOT = join(import.meta.dirname, "..")

/** A folder with a compose file, and an `ssh` that goes to another home on this machine. */
async function workplace(): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = await temporaryFolder()
  await makeSampleApplication(folder)
  const ssh = join(folder, "bin", "ssh")
  await mkdir(join(folder, "bin"))
  await writeFile(ssh, `#!/bin/sh\nshift\nWAYBILL_HOME=${folder}/far exec "$@"\n`)
  await chmod(ssh, 0o755)
  const PATH = `${join(folder, "bin")}:${join(ROOT, "dist")}:${process.env.PATH}`
  return { folder, env: { PATH, WAYBILL_HOME: join(folder, "waybill-home") } }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

test("the demo of the README ends with two equal files, and the commands that it prints work", async () => {
  const [demo = ""] = await blocks("README.md", "sh")
  expect(demo).toBe("make demo\n")
  const output = await shell(demo, ROOT)
  expect(output).toMatch(/Both files are equal to the byte: \d+ bytes each/)
  const [, printed = ""] = output.split("What to type next:\n")
  // A make that was started by another says below it where it was.
  const next = printed.split("\n").filter((line) => line.startsWith("  "))
  expect(next.length).toBeGreaterThan(4)
  expect(await shell(next.join("\n"), ROOT)).toContain("imported harbour/edge 1.2.3")

  const serve = /run this and open the link that it prints:\n(.*)\n/.exec(printed)?.[1] ?? ""
  const command = serve.replace("127.0.0.1:8080", `127.0.0.1:${await freePort()}`)
  const server = execa("bash", ["-c", `exec env ${command}`], { cwd: ROOT, reject: false, buffer: false })
  onTestFinished(async () => {
    server.kill()
    await server
  })
  const link = await linkOf(server.stderr)
  const page = await fetch(link)
  expect(await page.text()).toContain("<title>Waybill</title>")
  const code = new URL(link).hash.replace("#code=", "")
  const signIn = await fetch(new URL("/api/v1/session", link), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  })
  expect(signIn.status).toBe(200)
})

/** What a server prints to be opened. */
async function linkOf(output: AsyncIterable<Buffer>): Promise<string> {
  let text = ""
  for await (const chunk of output) {
    text += chunk.toString()
    const [link] = /http:\S+#code=\S+/.exec(text) ?? []
    if (link !== undefined) return link
  }
  throw new Error(`no link was printed: ${text}`)
}

test("every command of the README works, one after the other", async () => {
  const { folder, env } = await workplace()
  const { host } = await runRegistry()
  const [, build = "", ...daily] = await blocks("README.md", "sh")
  await shell(build, ROOT)
  await shell("waybill fleet create site/edge", folder, { ...env, WAYBILL_HOME: join(folder, "far") })
  const typed = daily
    .join("\n")
    .replaceAll("127.0.0.1:5000", host)
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${await freePort()}`)
    // A person stops servers in the end.
    .replaceAll("127.0.0.1:5001", `127.0.0.1:${await freePort()}`)
    .replace(/^(waybill serve .*) &$/m, "$1 2> log & SERVER=$!; trap 'kill $SERVER' EXIT")
    .replace(
      /^(waybill release serve .*) &$/m,
      `$1 2> bundle-log & trap "kill $SERVER $!" EXIT; until grep -q listening bundle-log; do sleep 0.1; done`,
    )
  expect(typed).toContain("SERVER=$!")
  const output = await shell(typed, folder, env)
  expect(output).toContain("verified release.tar")
  expect(output).toContain(`its images are kept in ${host}/site/site/edge`)
  expect(output).toMatch(
    /^3f2a6c1e9b0d4857a1c2e3f405162738 {2}press 4 {2}1\.2\.3 \(pinned\) +– +Pinned +hall=3 site=north$/m,
  )
  expect(output).toContain("as administrator, admin of all organizations")
  expect(output).toMatch(/^api {6}docker pull 127\.0\.0\.1:\d+\/api:1\.2\.3$/m)
  expect(output).toMatch(/^verified \d+ blobs of /m)
  expect(await readFile(join(folder, "ci-token"), "utf8")).toMatch(/^wbt_[A-Za-z0-9_-]{43}\n$/)
  expect((await stat(join(folder, "ci-token"))).mode & 0o777).toBe(0o600)
})

test("the server of the README is a script, which works twice in the same home", async () => {
  const { folder, env } = await workplace()
  const block = (await blocks("README.md", "sh")).find((text) => text.startsWith("waybill serve ")) ?? ""
  const script = block
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${await freePort()}`)
    .replace(/&$/m, '& trap "kill $!; wait $! || true" EXIT')
  const first = await shell(script, folder, env)
  expect(first).toMatch(/^created site: .*, as administrator, admin of all organizations$/m)
  const token = await readFile(join(folder, "token"), "utf8")
  const second = await shell(script, folder, env)
  expect(second).toMatch(/^site is there already: .*, as administrator, admin of all organizations$/m)
  expect(second).toMatch(/^token +administrator \(1\)$/m)
  expect(await readFile(join(folder, "token"), "utf8")).toBe(token)
})

test("the program of the README exports and imports", async () => {
  const { folder, env } = await workplace()
  const [program = ""] = await blocks("README.md", "ts")
  await shell(
    "waybill fleet create acme/edge; waybill fleet create far/edge; waybill release create acme/edge -f compose.yml --version 1.2.3",
    folder,
    env,
  )
  const file = join(ROOT, ".cache", "readme-example.ts")
  await mkdir(join(ROOT, ".cache"), { recursive: true })
  await writeFile(file, program)
  expect(await shell(`node ${file}`, folder, env)).toBe("true\n")
})

test("every command on creating releases works, one after the other", async () => {
  const { folder, env } = await workplace()
  const typed = await blocks("docs/releases.md", "sh")
  const output = await shell(["waybill fleet create acme/edge", ...typed].join("\n"), folder, env)
  expect(output).toMatch(/^created acme\/edge 1\.2\.4$/m)
  expect(output).toMatch(/^taken from compose\.yml, site\.yml$/m)
  expect(output).toMatch(/^recorded a failed 1\.3\.0 of acme\/edge$/m)
})

test("every command of the release policy works, one after the other", async () => {
  const { folder, env } = await workplace()
  const before = ["acme/edge", "site/edge"].map(
    (fleet) => `waybill fleet create ${fleet} --registry registry.example`,
  )
  // What the document speaks of as being there.
  const script = new URL("./support/policy-example.ts", import.meta.url).pathname
  const typed = await blocks("docs/policy.md", "sh")
  const output = await shell([...before, `node ${script}`, ...typed].join("\n"), folder, env)
  expect(output).toContain("acme/edge is pinned to 1.2.3")
})
