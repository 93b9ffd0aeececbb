import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailureWithoutChange } from "../support/failure.ts"
import { type PrintedRelease, writeSample } from "../support/sample.ts"

const CREATE = "release create acme/edge --version 1.2.3"

interface Created extends PrintedRelease {
  composeFiles: string[]
  warnings: string[]
}

/** The images of the sample application where commands run, and no compose file. */
async function machineWithImages(): Promise<Machine> {
  const machine = await Machine.create("acme/edge")
  await writeSample(machine, 1000)
  await rename(machine.path("application", "images"), machine.path("images"))
  return machine
}

function compose(service: string, more = ""): string {
  return `services: { ${service}: { image: "oci:images:web"${more} } }\n`
}

test("the compose file of the current folder is found in the order of Compose, and the answer says which", async () => {
  const machine = await machineWithImages()
  const names = ["docker-compose.yaml", "docker-compose.yml", "compose.yml", "compose.yaml"]
  for (const [at, name] of names.entries()) {
    await writeFile(machine.path(name), compose(`s${at}`))
    const words = `release create acme/edge --version 1.2.${at}`
    const { services, composeFiles, warnings } = await machine.json<Created>(words)
    expect({ services: Object.keys(services), composeFiles }).toEqual({
      services: [`s${at}`],
      composeFiles: [name],
    })
    const others = names.slice(0, at).toReversed().join(", ")
    expect(warnings).toEqual(at === 0 ? [] : [`there is ${others} too: ${name} is taken, as Compose does`])
  }
  const { stdout } = await machine.run("release create acme/edge --version 1.2.9")
  expect(stdout).toMatch(/^taken from compose\.yaml$/m)
})

test("an override beside it is named, and not merged in unless it is asked for", async () => {
  const machine = await machineWithImages()
  await writeFile(machine.path("compose.yml"), compose("web"))
  await writeFile(machine.path("compose.override.yml"), "services: { web: { init: true } }\n")
  const { status, stdout, stderr } = await machine.run(`${CREATE} --json`)
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ composition: { services: { web: {} } } })
  expect(stderr).toContain(
    "warning: compose.override.yml is not merged in, for nobody named it; with it: -f compose.yml -f compose.override.yml\n",
  )
  const words = `release create acme/edge --version 1.2.4 -f compose.yml -f compose.override.yml`
  expect(await machine.json<Created>(words)).toMatchObject({
    composition: { services: { web: { init: true } } },
    composeFiles: ["compose.yml", "compose.override.yml"],
    warnings: [],
  })
})

test("COMPOSE_FILE is not heeded, and that is said", async () => {
  const machine = await machineWithImages()
  await writeFile(machine.path("compose.yml"), compose("web"))
  const { stderr } = await machine.run(CREATE, { env: { COMPOSE_FILE: "other.yml" } })
  expect(stderr).toMatch(/^warning: COMPOSE_FILE is not heeded/m)
})

describe("paths and variables of several files start at the folder of the first", () => {
  test("that is one", async () => {
    const machine = await machineWithImages()
    for (const folder of ["base", "over"]) await mkdir(machine.path(folder))
    await rename(machine.path("images"), machine.path("base", "images"))
    await writeFile(machine.path("base", ".env"), "NAME=web\n")
    await writeFile(machine.path("over", ".env"), "NAME=none\n")
    await writeFile(machine.path("base", "a.yml"), compose("one"))
    await writeFile(machine.path("over", "b.yml"), `services: { two: { image: "oci:images:$NAME" } }\n`)
    const { services } = await machine.json<Created>(`${CREATE} -f base/a.yml -f over/b.yml`)
    expect(Object.keys(services)).toEqual(["one", "two"])
    const input = Buffer.from(compose("three"))
    const piped = await machine.json<Created>("release create acme/edge --version 1.3.0 -f - -f base/a.yml", {
      input,
    })
    expect(Object.keys(piped.services)).toEqual(["one", "three"])
    expect(piped.composeFiles).toEqual(["-", "base/a.yml"])
  })

  test("and at the current folder where standard input is all there is", async () => {
    const machine = await machineWithImages()
    await writeFile(machine.path(".env"), "NAME=web\n")
    const input = Buffer.from(`services: { web: { image: "oci:images:$NAME" } }\n`)
    expect(await machine.ok(`${CREATE} -f -`, { input })).toMatch(/^taken from standard input$/m)
  })
})

describe("what is wrong with one of several files is told with its name, and nothing is recorded:", () => {
  test.each([
    ["one that is not there", "b.yml", undefined, /b\.yml cannot be read: there is nothing of that name/],
    ["one that is no YAML", "b.yml", "services: [", /b\.yml: .*line 1/],
    [
      "one that cannot be merged",
      "b.yml",
      "services: { web: { ports: '80' } }",
      /b\.yml: service web: ports cannot be merged with that of a\.yml/,
    ],
    [
      "an image that is none",
      "b.yml",
      "services: { web: { image: Acme/Web } }",
      /b\.yml: service web: .*Acme\/Web/,
    ],
    ["standard input", "-", "services: [", /standard input: .*line 1/],
  ])("%s", async (_, name, text, error) => {
    const machine = await machineWithImages()
    await writeFile(machine.path("a.yml"), compose("web", ", ports: ['80']"))
    if (text !== undefined && name !== "-") await writeFile(machine.path(name), text)
    const input = Buffer.from(text ?? "")
    await expectFailureWithoutChange(machine, `${CREATE} -f a.yml -f ${name}`, error, { input })
  })

  test("more than anybody writes, through a pipe", async () => {
    const machine = await machineWithImages()
    const { status, stderr } = await machine.run(`${CREATE} -f -`, { input: Buffer.alloc(17_000_000, "#") })
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("larger than 16777216"),
    })
  })
})

test("a release of merged files goes to the far side as it is", async () => {
  const machine = await machineWithImages()
  await writeFile(machine.path("a.yml"), compose("web", ", environment: [A=1, B=$B], ports: ['80']"))
  await writeFile(
    machine.path("b.yml"),
    "services: { web: { environment: { A: 2 }, ports: !override ['81'] } }\n",
  )
  await machine.ok(`${CREATE} -f a.yml -f b.yml`)
  await machine.ok("release export acme/edge -o release.tar")
  const there = await Machine.create("site/edge")
  await writeFile(there.path("release.tar"), await readFile(machine.path("release.tar")))
  const { composition } = await there.json<Created>("release import release.tar site/edge")
  expect(composition.services).toEqual({ web: { environment: { A: 2, B: "$B" }, ports: ["81"] } })
})
