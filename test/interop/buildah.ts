import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Run } from "./registry-client.ts"

/** Runs buildah with a storage of its own in the folder where `run` works. */
export async function buildahIn(folder: string, run: Run): Promise<(...args: string[]) => Promise<string>> {
  const policy = join(folder, "policy.json")
  await writeFile(policy, JSON.stringify({ default: [{ type: "insecureAcceptAnything" }] }))
  // It insists on the file where a login would be.
  await writeFile(join(folder, "auth.json"), "{}")
  const storage = [
    "--storage-driver",
    "vfs",
    "--root",
    join(folder, "storage"),
    "--runroot",
    join(folder, "run"),
  ]
  const talks = new Set(["from", "pull", "push", "commit"])
  return async (command = "", ...args) => {
    const words = talks.has(command) ? [command, "--signature-policy", policy, "--quiet"] : [command]
    return (await run("buildah", ...storage, ...words, ...args)).trim()
  }
}
