import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { Machine } from "../support/cli.ts"
import { expectFailure, expectFailureWithoutChange } from "../support/failure.ts"
import { runRegistry, runTokenServer, uploads } from "../support/running-registry.ts"
import { bringBundle, importBundle } from "../support/sample.ts"
import { listFiles } from "../support/snapshot.ts"

async function makeMachine(registry?: string) {
  const machine = await Machine.create("acme/edge", { slug: "site/edge", registry })
  const { file } = await bringBundle(machine)
  if (registry === undefined) await importBundle(machine, file, "site/edge")
  return machine
}

/** Root may do everything; without its capabilities it is a user like others. */
const AS_USER = process.getuid?.() === 0 ? "exec setpriv --bounding-set -all --inh-caps -all" : "exec"

describe("a home that cannot be used is said to be one:", () => {
  test("a file", async () => {
    const machine = await Machine.create()
    await writeFile(machine.path("home"), "notes")
    expectFailure(
      await machine.run("fleet list"),
      /home cannot be a home: there is something of that name already/,
    )
    expectFailure(
      await machine.run("fleet list", { env: { WAYBILL_HOME: machine.path("home/deeper") } }),
      /home/,
    )
    expect(await readFile(machine.path("home"), "utf8")).toBe("notes")
  })

  test.each(["/dev/null/home", "/proc/waybill", "/proc/waybill/deep/home", "/sys/kernel/waybill/home"])(
    "a place where no folder can be made: %s",
    async (place) => {
      const machine = await Machine.create()
      const env = { WAYBILL_HOME: place }
      for (const words of ["fleet create acme/edge", "fleet list"])
        expectFailure(await machine.run(words, { env }), new RegExp(`${place} cannot be a home: .`))
    },
  )

  test("one that may not be written", async () => {
    const machine = await makeMachine()
    const before = await listFiles(machine.folder)
    const database = await readFile(machine.path("home/waybill.db"))
    for (const path of ["home", "home/store", "home/store/blobs/sha256", "home/store/ingest"])
      await chmod(machine.path(path), 0o500)
    await chmod(machine.path("home/waybill.db"), 0o400)
    try {
      for (const words of ["fleet create else/edge", "release import release.tar acme/edge --quiet"])
        expectFailure(await machine.run(words, { before: AS_USER }), /home/)
      expect(await listFiles(machine.folder)).toEqual(before)
      expect(await readFile(machine.path("home/waybill.db"))).toEqual(database)
    } finally {
      for (const path of ["home", "home/store", "home/store/blobs/sha256", "home/store/ingest"])
        await chmod(machine.path(path), 0o700)
    }
  })

  test("one that may not be read", async () => {
    const machine = await makeMachine()
    await chmod(machine.path("home"), 0)
    try {
      expectFailure(await machine.run("fleet list", { before: AS_USER }), /home/)
    } finally {
      await chmod(machine.path("home"), 0o700)
    }
  })

  test("one whose database is damaged", async () => {
    const machine = await makeMachine()
    const garbage = Buffer.alloc(8192, "not a database ")
    for (const suffix of ["-wal", "-shm"]) await rm(machine.path(`home/waybill.db${suffix}`), { force: true })
    await writeFile(machine.path("home/waybill.db"), garbage)
    for (const words of [
      "fleet list",
      "release import release.tar acme/edge",
      "release export site/edge -o x.tar",
    ])
      expectFailure(await machine.run(words), /waybill\.db is not a database/)
    expect(await readFile(machine.path("home/waybill.db"))).toEqual(garbage)
  })

  test("one whose content store is something else", async () => {
    const machine = await Machine.create("site/edge")
    await bringBundle(machine)
    await mkdir(machine.path("home/store"))
    await writeFile(machine.path("home/store/notes"), "")
    await expectFailureWithoutChange(
      machine,
      "release import release.tar site/edge",
      /store is not a content store/,
    )
  })

  test("one whose content was altered", async () => {
    const machine = await makeMachine()
    const { stdout } = await machine.shell("ls -S home/store/blobs/sha256 | head -n 1")
    const blob = `home/store/blobs/sha256/${stdout.trim()}`
    const bytes = await readFile(machine.path(blob))
    bytes[1000] = (bytes[1000] ?? 0) ^ 1
    await writeFile(machine.path(blob), bytes)
    await expectFailureWithoutChange(
      machine,
      "release export site/edge --quiet -o x.tar",
      /expected sha256:.*found sha256:/,
    )

    await rm(machine.path(blob))
    await expectFailureWithoutChange(
      machine,
      "release export site/edge --quiet -o x.tar",
      /is not in .*store/,
    )
    const { status } = await machine.run("release import release.tar site/edge")
    expect(status).toBe(0)
    await machine.ok("release export site/edge -o x.tar")
  })
})

test("a file that may not be read is said not to be readable", async () => {
  const machine = await makeMachine()
  const before = AS_USER
  for (const file of ["release.tar", "application/compose.yml"]) await chmod(machine.path(file), 0)
  for (const words of [
    "verify release.tar",
    "inspect release.tar",
    "create acme/edge -f application/compose.yml",
  ])
    await expectFailureWithoutChange(machine, `release ${words}`, /no permission for it/, { before })
  await chmod(machine.path("docker"), 0o500)
  await expectFailureWithoutChange(
    machine,
    "release export site/edge --quiet -o docker/x.tar",
    /no permission for it/,
    {
      before,
    },
  )
})

describe("a registry that cannot be used is said to be one:", () => {
  test("nothing listens there", async () => {
    const machine = await makeMachine("127.0.0.1:1/prefix")
    const error = /cannot connect to 127\.0\.0\.1:1: nothing listens there/
    await expectFailureWithoutChange(machine, "release import release.tar site/edge --quiet", error)
  })

  test("it asks for a login that is missing, or wrong", async () => {
    const users = { carrier: "hunter2" }
    const tokens = await runTokenServer({ users })
    for (const auth of [{ kind: "basic", users } as const, { kind: "token", tokens } as const]) {
      const registry = await runRegistry({ auth })
      const machine = await makeMachine(registry.host)
      const words = "release import release.tar site/edge --quiet"
      await expectFailureWithoutChange(machine, words, /UNAUTHORIZED|401|refuse/)

      const wrong = Buffer.from("carrier:guess").toString("base64")
      const config = JSON.stringify({ auths: { [registry.host]: { auth: wrong } } })
      await writeFile(machine.path("docker/config.json"), config)
      await expectFailureWithoutChange(machine, words, /UNAUTHORIZED|401|refuse/)
      const { stderr } = await machine.run(words)
      expect(stderr).toContain(`docker login ${registry.host}`)
      expect(uploads(registry)).toEqual([])
    }
  })

  test("it may be read and not be written", async () => {
    const tokens = await runTokenServer({ grant: ({ action }) => action === "pull" })
    const registry = await runRegistry({ auth: { kind: "token", tokens } })
    const machine = await makeMachine(registry.host)
    await expectFailureWithoutChange(
      machine,
      "release import release.tar site/edge --quiet",
      /UNAUTHORIZED|DENIED/,
    )
  })

  test("it speaks plain HTTP and is not this machine, unless that is allowed", async () => {
    const registry = await runRegistry()
    // An address of this machine that is no loopback address by its name.
    const machine = await makeMachine(registry.host.replace("127.0.0.1", "0.0.0.0"))
    const words = "release import release.tar site/edge --quiet"
    await expectFailureWithoutChange(machine, words, /speaks plain HTTP, not HTTPS\nhint: .*--plain-http/)
    await machine.ok(`${words} --plain-http`)
  })

  test("a certificate that is named is not there", async () => {
    const registry = await runRegistry()
    const machine = await makeMachine(registry.host)
    const words = "release import release.tar site/edge --quiet --ca-file nowhere.pem"
    await expectFailureWithoutChange(machine, words, /nowhere\.pem/)
    await writeFile(machine.path("nonsense.pem"), "nonsense")
    const outcome = await machine.run("release import release.tar site/edge --quiet --cert-file nonsense.pem")
    expectFailure(outcome, /certificates cannot be used/)
  })
})
