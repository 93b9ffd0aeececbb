import { parentPort, workerData } from "node:worker_threads"
import { RangeHasher } from "./range-hasher.ts"

/** A thread of a `HashPool`. */
const hasher = new RangeHasher(workerData.fd, (reply) => parentPort?.postMessage(reply))
parentPort?.on("message", (request) => hasher.do(request))
