import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type HostileBundle, hostileBundles } from "../../fixtures/hostile-bundles/make.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { bodyOf, collect } from "../../src/content/read-document.ts"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { verifyBundleFile, verifyBundleStream } from "../../src/operations/verify-bundle.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const source = new MemoryContent()
const release = await putRelease(source)
const good = await collect(bundleBytes(source, await planBundle(source, release.descriptor)))

async function failureOf(work: Promise<unknown>): Promise<WaybillError> {
  const error = await work.then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(WaybillError)
  return error as WaybillError
}

describe("a bundle that is wrong is refused, and what is wrong is named:", () => {
  test.each(hostileBundles(good))("$what", async ({ bytes, codes, names }: HostileBundle) => {
    const path = join(await temporaryFolder(), "hostile.tar")
    await writeFile(path, bytes)
    const byFile = await failureOf(verifyBundleFile(path))
    expect(codes).toContain(byFile.code)
    expect(byFile.message).toContain(names)
    expect(byFile.hint).toBeDefined()
    const byPipe = await failureOf(verifyBundleStream(bodyOf(bytes)(0)))
    expect(codes).toContain(byPipe.code)
    expect(byPipe.message).toContain(names)
  })
})
