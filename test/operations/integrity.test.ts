import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Writable } from "node:stream"
import { describe, expect, onTestFinished, test } from "vitest"
import { exportRelease } from "../../src/operations/export-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { verifyBundleFile, verifyBundleStream } from "../../src/operations/verify-bundle.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle } from "../support/sample.ts"

const sri = (algorithm: string, bytes: Uint8Array) =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`

/** A bundle of 5 MB, a home with an empty fleet in a registry, and its registry. */
async function setUp() {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine, 5_000_000)
  const registry = await runRegistry()
  const context = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => context.close())
  await context.fleets.createFleet({ slug: "site/edge", registry: registry.host }, context.change())
  const bytes = await readFile(file)
  return { machine, file, bytes, registry, context }
}

test("an export says the integrity that is asked for, of a file and of a pipe alike", async () => {
  const { machine, file, bytes, context } = await setUp()
  await importRelease(context, { fleet: "site/edge", bundle: file })
  const selector = { fleet: "site/edge", version: "1.2.3" } as const
  const path = join(machine.folder, "again.tar")
  const integrity = ["sha256", "sha384", "sha512"] as const
  const wanted = integrity.map((algorithm) => sri(algorithm, bytes)).join(" ")
  expect(await exportRelease(context, selector, path, { integrity })).toMatchObject({ integrity: wanted })
  expect(await readFile(path)).toEqual(bytes)
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  expect(await exportRelease(context, selector, sink, { integrity })).toMatchObject({ integrity: wanted })
  expect((await exportRelease(context, selector, path)).integrity).toBeUndefined()
})

describe("a bundle that is not the one that is wanted", () => {
  test("is refused when it is verified, though every byte of it is right", async () => {
    const { file, bytes } = await setUp()
    const right = sri("sha384", bytes)
    const wrong = sri("sha384", bytes.subarray(1))
    const refusal = { code: "INTEGRITY_MISMATCH", message: expect.stringContaining(`${right}, not ${wrong}`) }
    const plan = await verifyBundleFile(file, { integrity: right })
    expect((await verifyBundleStream(createReadStream(file), { integrity: [right] })).release).toEqual(
      plan.release,
    )
    await expect(verifyBundleFile(file, { integrity: wrong })).rejects.toMatchObject(refusal)
    await expect(
      verifyBundleStream(createReadStream(file), { integrity: [right, wrong] }),
    ).rejects.toMatchObject(refusal)
  })

  test("is not imported: nothing is sent of a file, and nothing recorded of a pipe", async () => {
    const { file, bytes, context, registry } = await setUp()
    const integrity = `${sri("sha256", bytes)} ${sri("sha512", bytes.subarray(1))}`
    const refusal = { code: "INTEGRITY_MISMATCH", message: expect.stringContaining(sri("sha512", bytes)) }
    await expect(
      importRelease(context, { fleet: "site/edge", bundle: file }, { integrity }),
    ).rejects.toMatchObject(refusal)
    const { blobs, manifests } = registry.storage.repository("site/edge")
    expect([...blobs, ...manifests.keys()]).toEqual([])
    const bundle = createReadStream(file)
    await expect(importRelease(context, { fleet: "site/edge", bundle }, { integrity })).rejects.toMatchObject(
      refusal,
    )
    expect([...registry.storage.repository("site/edge").manifests.keys()]).toEqual([])
    expect(await context.fleets.listReleases("site/edge")).toEqual([])
  })

  test("is imported when it is the one, from a file and from a pipe, also where it is there", async () => {
    const { file, bytes, context } = await setUp()
    const integrity = [sri("sha512", bytes), sri("sha256", bytes)]
    const first = await importRelease(
      context,
      { fleet: "site/edge", bundle: createReadStream(file) },
      { integrity },
    )
    expect(first.wasThere).toBe(false)
    const second = await importRelease(context, { fleet: "site/edge", bundle: file }, { integrity })
    expect(second.wasThere).toBe(true)
  })

  test("and is damaged is told with the entry that is", async () => {
    const { file, bytes, machine } = await setUp()
    const damaged = machine.path("damaged.tar")
    await writeFile(
      damaged,
      Buffer.concat([bytes.subarray(0, -100_000), Buffer.of(1), bytes.subarray(1 - 100_000)]),
    )
    await expect(
      verifyBundleFile(damaged, { integrity: sri("sha256", await readFile(file)) }),
    ).rejects.toMatchObject({
      code: "BUNDLE_DAMAGED",
    })
  })

  test("is not even opened where what is wanted is no integrity", async () => {
    const { file, context } = await setUp()
    const integrity = "sha512-"
    const refusal = { code: "INVALID_INTEGRITY" }
    await expect(verifyBundleFile(file, { integrity })).rejects.toMatchObject(refusal)
    await expect(verifyBundleStream(createReadStream(file), { integrity })).rejects.toMatchObject(refusal)
    await expect(
      importRelease(context, { fleet: "site/edge", bundle: file }, { integrity }),
    ).rejects.toMatchObject(refusal)
  })
})
