// Collects garbage in the store that its argument names, as a process of its own.
import { ContentStore } from "../src/layout/content-store.ts"
import { systemClock } from "../src/system-clock.ts"

const store = await ContentStore.open(process.argv[2] ?? "", systemClock)
await store.collectGarbage({ grace: 0, findRoots: async () => [] })
await store.close()
