import { open, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { FileBytes } from "../../src/content/file-bytes.ts"
import { bytesBehindHttp, bytesInParts } from "../support/scattered-bytes.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"
import { describeRandomAccess } from "./random-access-contract.ts"

describeRandomAccess("a file", async (bytes) => {
  const path = join(await temporaryFolder(), "file")
  await writeFile(path, bytes)
  return new FileBytes(await open(path), bytes.length)
})

describeRandomAccess("files that hold its parts", async (bytes) => bytesInParts(bytes, 1_000_003))

describeRandomAccess("a server", async (bytes) => {
  const { source, close } = await bytesBehindHttp(bytes)
  onTestFinished(close)
  return source
})
