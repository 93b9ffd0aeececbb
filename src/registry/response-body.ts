import type { TransferWatch } from "./least-rate.ts"
import { printUrl } from "./location.ts"
import { networkError } from "./network-error.ts"
import { RegistryError } from "./registry-error.ts"
import type { HttpResponse } from "./transport.ts"
import { WaitingTime } from "./waiting-time.ts"

/**
 * Reads a body of at most `limit` bytes; one that is longer is broken off, and comes back as `undefined`. Throws
 * `TRANSFER_TOO_SLOW` for one that is not whole within `time` milliseconds, by default those of the answer.
 */
export async function readAtMost(
  response: HttpResponse,
  limit: number,
  time: number = response.documentTimeout,
): Promise<Uint8Array | undefined> {
  const watch = watchDocument(response, time)
  const parts: Uint8Array[] = []
  let size = 0
  try {
    watch.wait()
    // Leaving the loop early destroys the stream, and so frees the connection.
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > limit) return undefined
      parts.push(part)
    }
    return Buffer.concat(parts)
  } catch (error) {
    throw networkError(error, "GET", response.url)
  } finally {
    watch.end()
  }
}

/** Breaks off a small answer with `TRANSFER_TOO_SLOW` if it is waited for longer than `time` milliseconds in all. */
export function watchDocument(
  response: HttpResponse,
  time: number = response.documentTimeout,
): TransferWatch {
  const patience = new WaitingTime(time, () => response.body.destroy(tooSlow(response, time)))
  return {
    wait: () => patience.wait(),
    stop: () => patience.stop(),
    moved() {},
    end: () => patience.end(),
  }
}

/** Reads a document that a registry or token server answers with. Throws `INVALID_RESPONSE` for more than `limit` bytes. */
export async function readDocumentBody(response: HttpResponse, limit: number): Promise<Uint8Array> {
  const bytes = await readAtMost(response, limit)
  if (bytes !== undefined) return bytes
  throw new RegistryError(
    "INVALID_RESPONSE",
    `${printUrl(response.url)} answers with more than ${limit} bytes, which is refused`,
    { status: response.status, url: printUrl(response.url) },
  )
}

function tooSlow({ url, status }: HttpResponse, time: number): RegistryError {
  return new RegistryError(
    "TRANSFER_TOO_SLOW",
    `${printUrl(url)} takes longer than ${time / 1000} s for a small answer`,
    {
      status,
      url: printUrl(url),
      hint: "check the network and the registry, then run the same command again",
    },
  )
}
