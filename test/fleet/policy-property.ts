import fc from "fast-check"
import { expect } from "vitest"
import { FleetError } from "../../src/fleet/fleet-error.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import type { Release } from "../../src/fleet/release.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { at } from "./contract/site.ts"
import { PolicyModel, REGISTRY } from "./policy-model.ts"
import { sampleDevice, uuidOf } from "./sample-device.ts"
import { sampleFailure, sampleRelease } from "./sample-release.ts"

/** A change by numbers, each of which chooses among what is there at that moment. */
const change = fc.record({
  kind: fc.constantFrom(
    ...([
      "record",
      "record",
      "draft",
      "failure",
      "finalize",
      "invalidate",
      "invalidate",
      "validate",
    ] as const),
    ...(["remove", "remove", "pin fleet", "pin fleet", "track latest", "register", "register"] as const),
    ...(["pin devices", "pin devices", "track fleet", "move", "move and pin", "remove devices"] as const),
    ...(["rename", "tag", "tag", "tag", "pin tagged", "track tagged", "set registry"] as const),
  ),
  fleet: fc.nat(1),
  /** Counted from the newest. */
  release: fc.nat(4),
  devices: fc.array(fc.nat(100), { minLength: 1, maxLength: 3 }),
  /** Few, so that they meet again. */
  tags: fc.dictionary(fc.constantFrom("site", "hall"), fc.constantFrom("north", "south", null), {
    minKeys: 1,
    noNullPrototype: true,
  }),
})

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

/**
 * Makes random changes to a store and to the model, and compares what they refuse, and all targets after each.
 * `store` has no fleets; each run makes its own.
 */
export async function checkAgainstModel(store: FleetStore, runs: number): Promise<void> {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 10, maxLength: 50 }), async (changes) => {
      run++
      const model = new PolicyModel([`acme/run-${run}-a`, `acme/run-${run}-b`])
      for (const slug of model.slugs) await store.createFleet({ slug, registry: REGISTRY }, at)
      for (const [step, next] of changes.entries()) {
        const number = run * 1000 + step
        const [found, expected] = await applyBoth(store, model, next, number)
        expect(found).toBe(expected)
        expect(await viewOf(store, model.slugs)).toEqual(model.view())
      }
    }),
    { numRuns: runs },
  )
}

/** The same change to both; a store's outcome, and the model's. */
async function applyBoth(
  store: FleetStore,
  model: PolicyModel,
  { kind, fleet, release: choice, devices, tags }: Change,
  number: number,
): Promise<[string, string]> {
  const slug = model.slugs[fleet] ?? "acme/none"
  const release = model.releases.at(-1 - (choice % Math.max(model.releases.length, 1)))
  const all = [...model.devices.keys()]
  const uuids = [...new Set(devices.map((device) => all[device % Math.max(all.length, 1)] ?? ""))]
  const [uuid = ""] = uuids
  const [[key, value] = ["site", null]] = Object.entries(tags)
  const condition = { key, ...(value !== null && { value }) }
  const both = (call: () => Promise<unknown>, expected: () => void) =>
    Promise.all([outcomeOf(call), outcomeOf(async () => expected())])
  const record = (recorded: Release) => {
    model.record(recorded)
    return ["done", "done"] as [string, string]
  }

  switch (kind) {
    case "record":
      return record((await store.recordRelease(slug, sampleRelease(`${number}`), at)).release)
    case "draft":
      return record((await store.recordRelease(slug, draft(number), at)).release)
    case "failure":
      return record(await store.recordUnsuccessfulRelease(slug, sampleFailure(`${number}`), at))
    case "register":
      await store.registerDevice(slug, sampleDevice(number), at)
      model.register(uuidOf(number), fleet)
      return ["done", "done"]
    case "track latest":
      return both(
        () => store.trackLatest(slug, at),
        () => model.trackLatest(fleet),
      )
    case "set registry":
      return both(
        () => store.setRegistry(slug, `registry-${choice}.example`, at),
        () => model.setRegistry(fleet, `registry-${choice}.example`),
      )
    case "track tagged":
      return both(
        () => store.trackFleet({ fleet: slug, where: [condition] }, at),
        () => model.trackFleet(model.select(fleet, condition)),
      )
  }
  if (all.length > 0) {
    switch (kind) {
      case "track fleet":
        return both(
          () => store.trackFleet(uuids, at),
          () => model.trackFleet(uuids),
        )
      case "move":
        return both(
          () => store.moveDevices(uuids, slug, at),
          () => model.move(uuids, fleet, undefined),
        )
      case "remove devices":
        return both(
          () => store.removeDevices(uuids, at),
          () => model.removeDevices(uuids),
        )
      case "rename":
        return both(
          () => store.renameDevice(uuid, `press ${choice}`, at),
          () => model.rename(uuid, `press ${choice}`),
        )
      case "tag":
        return both(
          () => store.tagDevices(uuids, tags, at),
          () => model.tag(uuids, tags),
        )
    }
  }
  if (release === undefined) return ["done", "done"]
  const { id } = release
  switch (kind) {
    case "finalize":
    case "invalidate":
    case "validate":
      if (release.status !== "success") return ["done", "done"]
      model.replace((await store[`${kind}Release`](id, at)).release)
      return ["done", "done"]
    case "remove":
      return both(
        () => store.removeRelease(id, at),
        () => model.remove(release),
      )
    case "pin fleet":
      return both(
        () => store.pinFleet(slug, id, at),
        () => model.pinFleet(fleet, release),
      )
    case "pin tagged":
      return both(
        () => store.pinDevices({ fleet: slug, where: [condition] }, id, at),
        () => model.pinDevices(model.select(fleet, condition), release),
      )
  }
  if (all.length === 0) return ["done", "done"]
  return kind === "pin devices"
    ? both(
        () => store.pinDevices(uuids, id, at),
        () => model.pinDevices(uuids, release),
      )
    : both(
        () => store.moveDevices(uuids, slug, { ...at, pin: id }),
        () => model.move(uuids, fleet, release),
      )
}

/** Drafts of one version and moment would have one name. */
function draft(number: number) {
  return sampleRelease(`${number}`, { isDraft: true, createdAt: new Date(number * 1000).toISOString() })
}

async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return "done"
  } catch (error) {
    if (error instanceof FleetError) return error.code
    throw error
  }
}

/** What a store says of fleets and their devices, as the model does. */
async function viewOf(
  store: FleetStore,
  slugs: readonly FleetSlug[],
): Promise<ReturnType<PolicyModel["view"]>> {
  const fleets = []
  const devices = []
  for (const slug of slugs) {
    const { pin, target, generation, registry } = await store.getFleet(slug)
    const latest = (await store.latestRelease(slug))?.id
    fleets.push({ slug, pin: pin?.id, target: target?.id, generation, registry, latest })
    devices.push(...(await store.listDevices({ fleet: slug })))
  }
  return {
    fleets,
    devices: devices
      .toSorted((one, two) => one.id - two.id)
      .map(({ uuid, fleet, pin, target, generation, name, tags }) => ({
        uuid,
        fleet,
        pin: pin?.id,
        target: target?.id,
        generation,
        name,
        tags,
      })),
  }
}
