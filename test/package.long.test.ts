import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { packageName, RELEASE, ROOT, runBare, unpack, VERSION } from "./support/packages.ts"
import { temporaryFolder } from "./support/temporary-folder.ts"

/** `e_machine` of an ELF file. */
const MACHINES = { x64: 62, arm64: 183 } as const

async function machineOf(file: string): Promise<number> {
  await using handle = await open(file)
  const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0)
  expect(buffer.toString("latin1", 0, 4)).toBe("\x7fELF")
  return buffer.readUInt16LE(18)
}

async function filesOf(archive: string): Promise<string[]> {
  const names = (await runBare("tar", ["-tzf", archive])).split("\n")
  return names.filter((name) => name !== "" && !name.endsWith("/"))
}

/** Another checkout of these sources, in another place, with the modules and Nodes that are here. */
async function otherCheckout(): Promise<string> {
  const folder = await mkdtemp(join(ROOT, ".cache", "checkout-"))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard"],
    {
      cwd: ROOT,
    },
  )
  const files = stdout.split("\n").filter((name) => name !== "")
  for (const name of [...files, "node_modules", ".cache/node"]) {
    await cp(join(ROOT, name), join(folder, name), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    })
  }
  return folder
}

test("the packages are the same bytes when they are made again, in another folder", async () => {
  const folder = await otherCheckout()
  const { MAKEFLAGS: _, ...env } = process.env
  await promisify(execFile)("sh", ["-c", "umask 077; make package"], { cwd: folder, env })
  const sums = await readFile(join(folder, "dist/release/SHA256SUMS"), "utf8")
  expect(sums).toBe(await readFile(join(RELEASE, "SHA256SUMS"), "utf8"))
})

test("SHA256SUMS names every package with its digest", async () => {
  const names = (await readdir(RELEASE)).filter((name) => name !== "SHA256SUMS").sort()
  expect(names).toEqual([
    `${packageName("arm64")}.tar.gz`,
    `${packageName("x64")}.tar.gz`,
    `waybill-${VERSION}.tgz`,
  ])
  const lines = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(RELEASE, name))
      return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`
    }),
  )
  expect(await readFile(join(RELEASE, "SHA256SUMS"), "utf8")).toBe(lines.join(""))
})

test("each package holds the Node of its machine, and lies in one folder with nothing of a development", async () => {
  for (const machine of ["x64", "arm64"] as const) {
    const archive = join(RELEASE, `${packageName(machine)}.tar.gz`)
    const files = await filesOf(archive)
    expect(files.filter((name) => !name.startsWith(`${packageName(machine)}/`))).toEqual([])
    expect(files.filter((name) => /node_modules|\.ts$|\/test\//.test(name))).toEqual([])
    const folder = await temporaryFolder()
    await runBare("tar", ["-xzf", archive, "-C", folder])
    expect(await machineOf(join(folder, packageName(machine), "lib/waybill/node"))).toBe(MACHINES[machine])
  }
})

test("unpacked anywhere, it moves a release with an empty environment", async () => {
  const folder = await temporaryFolder()
  const root = await unpack(folder)
  await makeSampleApplication(join(folder, "application"))
  const env = { WAYBILL_HOME: join(folder, "home") }
  const waybill = (words: string) => runBare(join(root, "bin/waybill"), words.split(" "), env)
  expect(await runBare(join(root, "bin/waybill"), ["--version"])).toBe(`${VERSION}\n`)
  await waybill("fleet create acme/edge")
  await waybill("fleet create site/edge")
  await waybill(`release create acme/edge --version 1.2.3 -f ${folder}/application/compose.yml`)
  await waybill(`release export acme/edge -o ${folder}/release.tar`)
  expect(await waybill(`release verify ${folder}/release.tar`)).toContain("verified")
  expect(await waybill(`release import ${folder}/release.tar site/edge`)).toContain("site/edge 1.2.3")
})

test("what completes words lies where the shells look for it", async () => {
  const root = await unpack(await temporaryFolder())
  for (const [shell, file] of [
    ["bash", "bash-completion/completions/waybill"],
    ["zsh", "zsh/site-functions/_waybill"],
    ["fish", "fish/vendor_completions.d/waybill.fish"],
  ] as const) {
    const printed = await runBare(join(root, "bin/waybill"), ["completion", shell])
    expect(await readFile(join(root, "share", file), "utf8")).toBe(printed)
  }
})

test("the unit for systemd is the one that docs/server.md shows", async () => {
  const root = await unpack(await temporaryFolder())
  const unit = await readFile(join(root, "lib/systemd/system/waybill.service"), "utf8")
  expect(unit).toMatch(
    /^\[Unit\]\n(?:.*\n)*\[Service\]\n(?:.*\n)*\[Install\]\nWantedBy=multi-user\.target\n$/,
  )
  expect(await readFile(join(ROOT, "docs/server.md"), "utf8")).toContain(unit)
})

test("the documents name the version that is made", async () => {
  for (const file of ["README.md", "docs/install.md"])
    expect(await readFile(join(ROOT, file), "utf8"), file).toContain(`${packageName("x64")}.tar.gz`)
})

test("the npm package installs without a network, as a command and as a library", async () => {
  const folder = await temporaryFolder()
  const file = join(RELEASE, `waybill-${VERSION}.tgz`)
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder }
  const install = ["install", "--offline", "--cache", join(folder, "cache"), "--ignore-scripts", file]
  await runBare("npm", [...install, "--global", "--prefix", join(folder, "global")], env)
  expect(await runBare(join(folder, "global/bin/waybill"), ["--version"], env)).toBe(`${VERSION}\n`)

  const project = join(folder, "project")
  await mkdir(project)
  await writeFile(join(project, "package.json"), "{}")
  await runBare("npm", [...install, "--prefix", project], env)
  const script = `import("waybill").then((it) => console.log(typeof it.openHome))`
  const program = join(project, "try.mjs")
  await writeFile(program, script)
  expect(await runBare(process.execPath, [program], env)).toBe("function\n")
})

test("the npm package holds the modules that it needs, and none of those that it is made with", async () => {
  const files = await filesOf(join(RELEASE, `waybill-${VERSION}.tgz`))
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"))
  const holds = (name: string) => files.some((file) => file.startsWith(`package/node_modules/${name}/`))
  expect(Object.keys(dependencies).filter((name) => !holds(name))).toEqual([])
  expect(Object.keys(devDependencies).filter(holds)).toEqual([])
})
