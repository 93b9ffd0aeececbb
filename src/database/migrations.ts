import type { Migration } from "kysely/migration"
import type { Columns } from "./columns.ts"
import { createFleetsAndReleases } from "./migrations/0001-fleets-and-releases.ts"
import { addPolicyDevicesAndTokens } from "./migrations/0002-policy-devices-and-tokens.ts"
import { addPublicFleets } from "./migrations/0003-public-fleets.ts"
import { makeUuidsOfOrganizations } from "./migrations/0004-uuids-of-organizations.ts"
import { addTargetsToHistory } from "./migrations/0005-targets-in-history.ts"
import { addNamesAndTagsOfDevices } from "./migrations/0006-names-and-tags-of-devices.ts"
import { addSessions } from "./migrations/0007-sessions.ts"
import { addIndexesOfLists } from "./migrations/0008-indexes-of-lists.ts"
import { addPassedOnUploads } from "./migrations/0009-passed-on-uploads.ts"

/** Every change of the schema that was ever released, never edited after. Names sort in the order they run. */
export function migrations(columns: Columns): Record<string, Migration> {
  return {
    "0001-fleets-and-releases": { up: (db) => createFleetsAndReleases(db, columns) },
    "0002-policy-devices-and-tokens": { up: (db) => addPolicyDevicesAndTokens(db, columns) },
    "0003-public-fleets": { up: (db) => addPublicFleets(db, columns) },
    "0004-uuids-of-organizations": { up: (db) => makeUuidsOfOrganizations(db, columns) },
    "0005-targets-in-history": { up: (db) => addTargetsToHistory(db, columns) },
    "0006-names-and-tags-of-devices": { up: (db) => addNamesAndTagsOfDevices(db, columns) },
    "0007-sessions": { up: (db) => addSessions(db, columns) },
    "0008-indexes-of-lists": { up: (db) => addIndexesOfLists(db, columns) },
    "0009-passed-on-uploads": { up: (db) => addPassedOnUploads(db, columns) },
  }
}
