import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export async function startDockerRegistry() {
  const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), "registry-"))
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  const { port } = probe.address() as { port: number }
  probe.close()
  const host = `127.0.0.1:${port}`
  const config = join(folder, "config.yml")
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: folder } },
      http: { addr: host },
    }),
  )
  const child = spawn("docker-registry", ["serve", config], { stdio: "ignore" })
  for (let i = 0; i < 100; i++) {
    const ok = await fetch(`http://${host}/v2/`).then(
      (r) => r.ok,
      () => false,
    )
    if (ok) break
    await new Promise((r) => setTimeout(r, 50))
  }
  return {
    host,
    async close() {
      const gone = once(child, "exit")
      child.kill("SIGKILL")
      await gone
      await rm(folder, { recursive: true })
    },
  }
}
