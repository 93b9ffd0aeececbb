import type { z } from "zod"
import { bundleCheckSchema, importedReleaseSchema } from "../api/bundle.ts"
import { errorOf } from "../api/problem.ts"
import { parseRelease } from "../api/release.ts"
import type { Bundle } from "../bundle/bundle.ts"
import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import { forEachConcurrent } from "../content/concurrency.ts"
import { copyBlob, DEFAULT_CONCURRENCY, sumOfSizes } from "../content/copy.ts"
import type { ContentTarget } from "../content/interfaces.ts"
import { collect } from "../content/read-document.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { BundleRelay } from "../operations/bundle-relay.ts"
import { bundledRelease } from "../operations/bundled-release.ts"
import {
  type ImportOptions,
  type ImportRequest,
  type ImportResult,
  importedRelease,
} from "../operations/import-release.ts"
import { openBundle } from "../operations/open-bundle.ts"
import { successful } from "../operations/successful-release.ts"
import { BundleDownload } from "./bundle-download.ts"
import { fleetPath } from "./paths.ts"
import { readAnswer } from "./server-answer.ts"
import type { ServerConnection } from "./server-connection.ts"

/** A repository that a server keeps, or passes on to. */
type RepositoryOf = (fleet: FleetSlug) => Promise<Pick<ContentTarget, "push">>

/** Bundles over the API of a server. */
export function bundleCalls(server: ServerConnection, repositoryOf: RepositoryOf): BundleRelay {
  return {
    download: (release, options) => new BundleDownload(server, release.id, options).read(),
    importBundle: ({ bundle, ...request }, options) =>
      typeof bundle === "string"
        ? importFile(server, repositoryOf, bundle, request, options)
        : importPipe(server, bundle, request, options),
  }
}

type Request = Omit<ImportRequest, "bundle">

const queryOf = ({ overrideVersion, isDraft }: Request) => ({ overrideVersion, draft: isDraft })

async function importFile(
  server: ServerConnection,
  repositoryOf: RepositoryOf,
  path: string,
  request: Request,
  options: ImportOptions,
): Promise<ImportResult> {
  const { signal, integrity } = options
  const expected = new ExpectedIntegrity(integrity)
  const bundle = await openBundle(path, { signal })
  try {
    expected.check(await bundle.fileDigests(expected.algorithms, { signal }), path)
    const call = { method: "POST", bundle: await headOf(bundle, signal), repeatable: true, signal } as const
    const bundles = `${fleetPath(request.fleet)}/bundles`
    const query = queryOf(request)
    const check = await server.call({ ...call, path: `${bundles}/check`, query }, bundleCheckSchema)
    const conflict = check.conflict && errorOf(check.conflict)
    if (conflict) throw conflict
    await sendBlobs(
      bundle,
      await repositoryOf(request.fleet),
      new Set(check.missing.map(({ digest }) => digest)),
      options,
    )
    const done = await server.call(
      { ...call, path: bundles, query: { ...query, content: "head" } },
      importedReleaseSchema,
    )
    return { ...resultOf(done), imported: importedRelease(bundledRelease(bundle.plan), request) }
  } finally {
    await bundle.close()
  }
}

/** All that stands before the first blob. */
async function headOf({ plan, archive }: Bundle, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const first = plan.files.find(({ content }) => !(content instanceof Uint8Array))
  return collect(archive.read(0, first?.headerOffset ?? plan.size, { signal }))
}

async function sendBlobs(
  bundle: Bundle,
  repository: Pick<ContentTarget, "push">,
  missing: ReadonlySet<string>,
  { verify = true, concurrency = DEFAULT_CONCURRENCY, onTransfer, signal }: ImportOptions,
): Promise<void> {
  const blobs: Descriptor[] = []
  for (const { content } of bundle.plan.files) if (!(content instanceof Uint8Array)) blobs.push(content)
  onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  const target: ContentTarget = {
    exists: async ({ digest }) => !missing.has(digest),
    push: (descriptor, body, pushOptions) => repository.push(descriptor, body, pushOptions),
    // Tags are set when the release is recorded.
    tag: async () => undefined,
  }
  await forEachConcurrent(blobs, concurrency, signal, (blob, until) =>
    copyBlob(
      blob,
      (offset) =>
        bundle.fetch(blob, {
          signal: until,
          reuseChunks: true,
          range: offset === 0 ? undefined : { offset },
        }),
      target,
      {
        onTransfer,
        signal: until,
        checkUnsent: verify ? (unsent, checkOptions) => bundle.checkBlob(unsent, checkOptions) : undefined,
      },
    ),
  )
}

async function importPipe(
  server: ServerConnection,
  chunks: AsyncIterable<Uint8Array>,
  request: Request,
  { signal, integrity }: ImportOptions,
): Promise<ImportResult> {
  const expected = new ExpectedIntegrity(integrity)
  await using hash = new PassingHash(expected.algorithms)
  // A pipe cannot be read again, so this is not sent again either.
  const response = await server.open({
    method: "POST",
    path: `${fleetPath(request.fleet)}/bundles`,
    query: queryOf(request),
    bundle: expectedBytes(chunks, hash, expected),
    signal,
  })
  const { answer } = await readAnswer(response, importedReleaseSchema)
  const result = resultOf(answer)
  return { ...result, imported: { ...result.release, isDraft: answer.isDraft } }
}

/** Holds the last chunk back until all is what it must be: the server would record the release when it has it. */
async function* expectedBytes(
  chunks: AsyncIterable<Uint8Array>,
  hash: PassingHash,
  expected: ExpectedIntegrity,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined
  for await (const chunk of hash.through(chunks)) {
    if (held !== undefined) yield held
    held = chunk
  }
  expected.check(await hash.digests(), "the bundle")
  if (held !== undefined) yield held
}

function resultOf({
  target,
  wasThere,
  warnings,
  isDraft: _,
  ...release
}: z.output<typeof importedReleaseSchema>): Omit<ImportResult, "imported"> {
  if (target === null) throw new TypeError("an imported release has no target")
  return { release: successful(parseRelease(release)), target, wasThere, warnings }
}
