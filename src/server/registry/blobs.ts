import type { Exchange } from "./exchange.ts"
import { checkDigest, checkRemoval } from "./manifests.ts"
import type { OpenRepository } from "./registry-access.ts"
import { RegistryRefusal } from "./registry-refusal.ts"
import { writable } from "./writable.ts"

export async function getBlob(
  exchange: Exchange,
  { content, target, only }: OpenRepository,
  text: string,
): Promise<void> {
  const digest = checkDigest(text)
  const isHead = exchange.method === "HEAD"
  // Whoever may push asks so as not to send what is there, and then relies on it.
  const found = isHead && target ? await target.claimBlob(digest) : await content.findBlob(digest)
  if (found === undefined || (only !== undefined && !(await content.reaches(only, digest)))) {
    throw new RegistryRefusal("BLOB_UNKNOWN", `there is no blob ${digest} here`)
  }
  await exchange.send(found, () => content.open(found))
}

export async function deleteBlob(
  exchange: Exchange,
  repository: OpenRepository,
  text: string,
): Promise<void> {
  const digest = checkDigest(text)
  const target = writable(repository)
  if (!(await target.removeBlob(digest, { check: () => checkRemoval(repository, digest) }))) {
    throw new RegistryRefusal("BLOB_UNKNOWN", `there is no blob ${digest} here`)
  }
  exchange.answer(202)
}
