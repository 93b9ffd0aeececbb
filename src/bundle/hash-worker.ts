import { createHash } from "node:crypto"
import { openSync, readSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import { finishDigest } from "../oci/digest.ts"
import type { HashRequest, HashResult } from "./hash-pool.ts"

/** Hashes ranges of one file as they are asked for. Reading blocks this thread alone, and needs one buffer. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024)
const file = openSync(workerData.path, "r")

parentPort?.on("message", (request: HashRequest) => {
  const hash = createHash(request.algorithm)
  let done = 0
  while (done < request.length) {
    const read = readSync(
      file,
      buffer,
      0,
      Math.min(buffer.length, request.length - done),
      request.offset + done,
    )
    if (read === 0) break
    hash.update(buffer.subarray(0, read))
    done += read
    parentPort?.postMessage({ progress: done } satisfies HashResult)
  }
  parentPort?.postMessage({ digest: finishDigest(request.algorithm, hash) } satisfies HashResult)
})
