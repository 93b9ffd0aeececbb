import type { TransferWatch } from "./least-rate.ts"
import { printUrl } from "./location.ts"
import type { HttpResponse } from "./message.ts"
import { NetworkError } from "./network-error.ts"
import { networkFailure } from "./network-failure.ts"
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
    throw networkFailure(error, "GET", response.url)
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

function tooSlow({ url, status }: HttpResponse, time: number): NetworkError {
  return new NetworkError(
    "TRANSFER_TOO_SLOW",
    `${printUrl(url)} takes longer than ${time / 1000} s for a small answer`,
    {
      status,
      url: printUrl(url),
      hint: "check the network and the server, then run the same command again",
    },
  )
}
