import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Descriptor } from "../src/oci/descriptor.ts"
import type { StartedRegistry } from "./started-registry.ts"
import { addRow, printMegabytes } from "./table.ts"

const CLIENTS = 50
/** How many of them look at what came. */
const CHECKING = 3
const MAX_MEMORY = 300e6

/** Clients that all pull a whole image at once. curl says when a body was cut short. */
export async function benchCrowd(
  ours: StartedRegistry,
  peer: StartedRegistry,
  repository: string,
  layers: readonly Descriptor[],
): Promise<void> {
  const size = layers.reduce((total, layer) => total + layer.size, 0)
  const pull = async (from: StartedRegistry) => {
    const urls = layers.map(({ digest }) => `http://${from.host}/v2/${repository}/blobs/${digest}`)
    const expected = layers.map(({ digest }) => `${digest.slice("sha256:".length)}  -\n`).join("")
    const started = performance.now()
    const errors = await Promise.all(
      Array.from({ length: CLIENTS }, (_, at) =>
        at < CHECKING ? pullChecked(from, urls, expected) : pullAll(from, urls),
      ),
    )
    return { seconds: (performance.now() - started) / 1000, errors: errors.filter((error) => error !== "") }
  }
  ours.takeMemory()
  const mine = await pull(ours)
  const memory = ours.takeMemory()
  const theirs = await pull(peer)
  if (theirs.errors.length > 0) throw new Error(`the peer failed: ${theirs.errors[0]}`)
  const rate = (seconds: number) => `${Math.round((CLIENTS * size) / 1e6 / seconds)} MB/s`
  for (const error of mine.errors) process.stderr.write(`a client failed: ${error}\n`)
  addRow({
    what: `${CLIENTS} clients pull 1 GB each at once: ${mine.errors.length} errors`,
    waybill: `${mine.seconds.toFixed(1)} s, ${rate(mine.seconds)}`,
    peer: `${theirs.seconds.toFixed(1)} s, ${rate(theirs.seconds)}  docker-registry`,
    ratio: (mine.seconds / theirs.seconds).toFixed(2),
    target: `0 errors, ${printMegabytes(MAX_MEMORY)}`,
    memory: printMegabytes(memory),
  })
}

/** Gives what went wrong, or nothing. */
function pullAll({ login }: StartedRegistry, urls: readonly string[]): Promise<string> {
  return run("curl", ["-sSf", "-u", login, ...urls.flatMap((url) => ["-o", "/dev/null", url])], "")
}

function pullChecked({ login }: StartedRegistry, urls: readonly string[], expected: string): Promise<string> {
  const script = 'for url; do curl -sSf -u "$login" "$url" | sha256sum; done'
  return run("bash", ["-eo", "pipefail", "-c", script, "bash", ...urls], expected, { login })
}

async function run(
  file: string,
  words: readonly string[],
  expected: string,
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn(file, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
  const printed: Buffer[] = []
  const complaints: Buffer[] = []
  child.stdout.on("data", (chunk) => printed.push(chunk))
  child.stderr.on("data", (chunk) => complaints.push(chunk))
  const [code] = await once(child, "close")
  if (code !== 0) return `${file} ended with ${code}: ${Buffer.concat(complaints)}`
  return Buffer.concat(printed).toString() === expected ? "" : "the bytes have another digest"
}
