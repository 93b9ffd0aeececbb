import { useState } from "react"
import type { Device } from "../../calls/answers.ts"
import type { SelectedDevices } from "../../parts/devices/selected-devices.ts"
import { filterOf } from "./devices-question.ts"
import type { DevicesSearch } from "./route.ts"

interface Shown {
  fleet: string | undefined
  search: DevicesSearch
  rows: readonly Device[] | undefined
  total: number | undefined
}

/** Which devices are ticked. They stay so on other pages, with other filters and when the list is asked for again. */
export function useSelection({ fleet, search, rows = [], total = 0 }: Shown) {
  const [ticked, setTicked] = useState<ReadonlyMap<string, Device>>(new Map())
  const [allOf, setAllOf] = useState<string>()
  const filter = filterOf(search)
  const isAll = fleet !== undefined && allOf === JSON.stringify(filter)
  const selected: SelectedDevices | undefined =
    isAll && total > 0
      ? { fleet, filter, total }
      : ticked.size > 0
        ? { devices: [...ticked.values()] }
        : undefined
  return {
    selected,
    isAll,
    /** Of the rows that are shown. */
    keys: new Set(isAll ? rows.map(keyOf) : ticked.keys()),
    /** Whether all that are shown are ticked, and others match too. */
    isPageTicked: rows.length > 0 && rows.length < total && rows.every((row) => ticked.has(keyOf(row))),
    tick(keys: ReadonlySet<string>) {
      setAllOf(undefined)
      const known = new Map([...ticked, ...rows.map((row) => [keyOf(row), row] as const)])
      setTicked(new Map([...known].filter(([key]) => keys.has(key))))
    },
    tickAll: () => setAllOf(JSON.stringify(filter)),
    /** What all that match are may be others from now on; those ticked are the same. */
    clearAll: () => setAllOf(undefined),
    clear() {
      setAllOf(undefined)
      setTicked(new Map())
    },
  }
}

export function keyOf({ id }: Device): string {
  return String(id)
}
