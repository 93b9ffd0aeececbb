import { createHash, type Hash } from "node:crypto"
import { readSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import { finishDigest } from "../oci/digest.ts"
import type { HashReply, HashRequest } from "./hash-pool.ts"

/** Hashes ranges of one file as they are asked for. Reading blocks this thread alone, and needs one buffer. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
const hashes = new Map<number, { hash: Hash; position: number }>()

parentPort?.on("message", ({ id, algorithm, range, isLast }: HashRequest) => {
  const running = hashes.get(id) ?? { hash: createHash(algorithm), position: 0 }
  if (range !== undefined) take(id, running, range)
  if (isLast) {
    hashes.delete(id)
    reply({ id, digest: finishDigest(algorithm, running.hash) })
  } else hashes.set(id, running)
})

function take(
  id: number,
  running: { hash: Hash; position: number },
  range: { offset: number; length: number },
): void {
  for (let done = 0; done < range.length; ) {
    const read = readSync(
      workerData.fd,
      buffer,
      0,
      Math.min(buffer.length, range.length - done),
      range.offset + done,
    )
    if (read === 0) break
    running.hash.update(buffer.subarray(0, read))
    done += read
    running.position += read
    reply({ id, position: running.position })
  }
}

function reply(message: HashReply): void {
  parentPort?.postMessage(message)
}
