import type { Descriptor } from "../oci/descriptor.ts"

/**
 * What a transfer tells whoever shows progress. Sizes and positions are in bytes; `advanced` gives the position
 * reached, which falls back when a transfer has to begin again.
 */
export type TransferEvent =
  | { type: "planned"; count: number; bytes: number }
  | { type: "started"; descriptor: Descriptor }
  | { type: "advanced"; descriptor: Descriptor; position: number }
  | { type: "finished"; descriptor: Descriptor; outcome: TransferOutcome }

/** `fetched` and `sent` moved the bytes, `verified` read them; `present` and `mounted` needed neither. */
export type TransferOutcome = "fetched" | "sent" | "verified" | "present" | "mounted"

export type TransferListener = (event: TransferEvent) => void

/** Reports the position of a body as it is read. */
export async function* observed(
  descriptor: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
  listener: TransferListener | undefined,
  offset = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = offset
  for await (const chunk of chunks) {
    yield chunk
    position += chunk.length
    listener?.({ type: "advanced", descriptor, position })
  }
}
