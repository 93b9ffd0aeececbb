import { createHash } from "node:crypto"
import { recordSample } from "./recorded-release.ts"
import type { RunningServer } from "./running-server.ts"

const DEVICES = 100_000
const RELEASES = 5000
const EVENTS = 100_000

/** Makes acme/edge, a fleet with very many devices, releases and entries in its history. */
export async function seedFleet({ database: { fleets }, place }: RunningServer): Promise<void> {
  process.stderr.write(`seeding ${DEVICES} devices and ${RELEASES} releases in ${place.kind}\n`)
  await fleets.createFleet(
    { slug: "acme/edge", registry: "registry.example" },
    { now: new Date(), actor: "bench" },
  )
  for (let at = 0; at < 3; at++) await recordSample(fleets, at)
  const hash = (text: string) => createHash("sha256").update(text).digest("hex")
  await place.insertDevices(
    Array.from({ length: DEVICES }, (_, at) => ({
      uuid: hash(`${at}`).slice(0, 32),
      keyHash: hash(`key ${at}`),
    })),
  )
  const numbers = (count: number) =>
    `with recursive numbers (at) as (select 3 union all select at + 1 from numbers where at < ${count - 1})`
  const composition = JSON.stringify({ services: { web: { command: "x".repeat(6000) } } })
  await place.execute(`${numbers(RELEASES)}
    insert into releases (fleet_id, "commit", status, major, minor, patch, prerelease, build, variant, revision, raw_version,
      created_at, recorded_at, index_digest, index_media_type, index_size, composition, note)
    select fleet_id, substr('${"0".repeat(40)}', 1, 40 - length(cast(at as text))) || cast(at as text), status, 1, at, 0,
      prerelease, build, variant, 0, '1.' || at || '.0', created_at, recorded_at, index_digest, index_media_type, index_size,
      '${composition}', 'build ' || at || ' of the night'
    from releases, numbers where releases.minor = 0`)
  await place.execute(
    `insert into release_tags (release_id, "key", value) select id, 'channel', 'stable' from releases`,
  )
  await place.execute("update fleets set tracked_release_id = (select max(id) - 2 from releases)")
  await place.execute(`update devices set
    name = 'press ' || ((id * 7919) % 100003),
    reported_at = case when id % 50 = 0 then null else '20' || (60 + id % 30) || '-01-01T00:00:00.000Z' end,
    pinned_release_id = case when id % 40 = 0 then 1 + id % 500 end,
    current_release_id = case when id % 10 = 0 then 1 + id % 5000 else (select tracked_release_id from fleets) end`)
  await place.execute(`${numbers(EVENTS)}
    insert into fleet_events (at, actor, action, fleet, organization, device)
    select '2026-01-01T00:00:00.000Z', 'ci ' || (at % 7), 'device.register', 'acme/edge', 'acme', uuid
    from numbers join devices on devices.id = at`)
  // PostgreSQL does that by itself in time; of a SQLite file nobody does, and its plans are others then.
  if (place.url !== undefined) await place.execute("analyze")
}
