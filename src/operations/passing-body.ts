import { ContentError } from "../content/content-error.ts"
import type { ContentBody } from "../content/interfaces.ts"

/** What is kept behind the position that a pipe has reached, so that a retry can go on a little further back. */
const WINDOW_SIZE = 8 * 1024 * 1024

/**
 * A body that passes once, as from a pipe. A retry may begin again where it broke, or anywhere in the last 8 MiB:
 * so small blobs can be sent again whole. Throws `CANNOT_REWIND` for what is gone.
 */
export function passingBody(chunks: AsyncIterator<Uint8Array>, name: string): ContentBody {
  const kept: Uint8Array[] = []
  let start = 0
  let end = 0

  /** The next bytes at `position`: from the window, or from the pipe. */
  async function next(position: number): Promise<Uint8Array | undefined> {
    if (position < start) throw cannotRewind(name)
    while (position >= end) {
      const { value, done } = await chunks.next()
      if (done) return undefined
      keep(value)
    }
    let from = end
    // Nearly always it is the last one.
    const index = kept.findLastIndex((chunk) => {
      from -= chunk.length
      return from <= position
    })
    return kept[index]?.subarray(position - from)
  }

  function keep(chunk: Uint8Array): void {
    kept.push(chunk)
    end += chunk.length
    while (kept[0] !== undefined && end - start - kept[0].length >= WINDOW_SIZE)
      start += kept.shift()?.length ?? 0
  }

  // Not `for await`: leaving a loop over the pipe would close it, and a retry has to go on with it.
  return async function* (offset) {
    let position = offset
    for (let chunk = await next(position); chunk !== undefined; chunk = await next(position)) {
      position += chunk.length
      yield chunk
    }
  }
}

function cannotRewind(name: string): ContentError {
  return new ContentError("CANNOT_REWIND", `${name} broke off on its way, and a pipe cannot be read again`, {
    hint: "run the same command again: what has been sent is kept; or save the bundle to a file and import that",
  })
}
