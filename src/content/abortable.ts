/**
 * Passes a stream on and ends it with the reason of `signal` as soon as that is aborted, even while a chunk is
 * awaited that never comes.
 */
export async function* abortable<Chunk>(
  chunks: AsyncIterable<Chunk>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk, void, undefined> {
  signal?.throwIfAborted()
  const iterator = chunks[Symbol.asyncIterator]()
  let abort: ((reason: unknown) => void) | undefined
  const onAbort = () => abort?.(signal?.reason)
  signal?.addEventListener("abort", onAbort, { once: true })
  let finished = false
  try {
    while (true) {
      // One promise for each chunk: racing against a single long-lived one would keep every chunk's reaction alive.
      const next = await new Promise<IteratorResult<Chunk>>((resolve, reject) => {
        abort = reject
        iterator.next().then(resolve, reject)
      })
      signal?.throwIfAborted()
      finished = next.done === true
      if (next.done) return
      yield next.value
      signal?.throwIfAborted()
    }
  } finally {
    signal?.removeEventListener("abort", onAbort)
    const ended = finished ? undefined : iterator.return?.()
    // A source in the middle of a read answers only when that ends: after an abort nobody waits for it.
    if (signal?.aborted) ended?.catch(() => {})
    else await ended
  }
}
