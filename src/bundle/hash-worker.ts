import { parentPort, workerData } from "node:worker_threads"
import { PassingHasher } from "./passing-hasher.ts"
import { RangeHasher } from "./range-hasher.ts"

/** A thread of a `HashPool`, which has a file, or of a `PassingHash`, which has algorithms. */
if (workerData.fd === undefined) {
  const hasher = new PassingHasher(workerData.algorithms)
  parentPort?.on("message", (request) => {
    const reply = hasher.do(request)
    parentPort?.postMessage(reply, [reply.bytes.buffer])
  })
} else {
  const hasher = new RangeHasher(workerData.fd, (reply) => parentPort?.postMessage(reply))
  parentPort?.on("message", (request) => hasher.do(request))
}
