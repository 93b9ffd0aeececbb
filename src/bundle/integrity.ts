import { fromHex, type IntegrityMap, parse } from "ssri"
import { quote } from "../errors/quote.ts"
import { BundleError } from "./bundle-error.ts"

/** Of Subresource Integrity (W3C), the weakest first; the length of their digests is in hex digits. */
const HEX_LENGTH = { sha256: 64, sha384: 96, sha512: 128 } as const

export type IntegrityAlgorithm = keyof typeof HEX_LENGTH

const INTEGRITY_ALGORITHMS = Object.keys(HEX_LENGTH) as readonly IntegrityAlgorithm[]

/** The digest of a file, in lower-case hex. */
export type FileDigest = `${IntegrityAlgorithm}:${string}`

/** Digests of one file as an SRI string, as `sha512-…`; several stand behind each other. */
export function printIntegrity(digests: readonly FileDigest[]): string {
  return digests.map((digest) => integrityOf(digest).toString()).join(" ")
}

/** The digest that hex digits are, by their number. */
export function digestOfHex(hex: string): FileDigest | undefined {
  const algorithm = INTEGRITY_ALGORITHMS.find((each) => HEX_LENGTH[each] === hex.length)
  return algorithm && `${algorithm}:${hex.toLowerCase()}`
}

/** The first hash of an algorithm in an SRI string: by itself, and its digest in hex. `undefined` where it has none. */
export function hashOf(
  integrity: string,
  algorithm: IntegrityAlgorithm,
): { integrity: string; hex: string } | undefined {
  const found = parse(integrity)?.[algorithm]?.[0]
  if (found === undefined) return undefined
  const hash = parse(found, { single: true })
  return { integrity: hash.toString(), hex: hash.hexDigest() }
}

/**
 * What a file must be: of each SRI string the strongest algorithm counts, and one of its hashes has to fit. Hashes of
 * algorithms that SRI does not know are passed over, as it wants; a string without any other is refused, where
 * a browser would not check at all.
 */
export class ExpectedIntegrity {
  readonly #expected: readonly IntegrityMap[]
  /** What has to be computed to check all of them. */
  readonly algorithms: readonly IntegrityAlgorithm[]

  /** Each of `integrity` has to fit. Throws `INVALID_INTEGRITY`. */
  constructor(integrity: string | readonly string[] = []) {
    const texts = typeof integrity === "string" ? [integrity] : integrity
    this.#expected = texts.map(parseIntegrity)
    const algorithms = this.#expected.map((expected) => expected.pickAlgorithm() as IntegrityAlgorithm)
    this.algorithms = [...new Set(algorithms)]
  }

  /** Holds the digests of a file against what it must be; `name` stands for it in messages. Throws `INTEGRITY_MISMATCH`. */
  check(digests: readonly FileDigest[], name: string): void {
    const found = parse(printIntegrity(digests))
    const failed = this.#expected.find((expected) => !found.match(expected))
    if (failed === undefined) return
    const algorithm = failed.pickAlgorithm() as IntegrityAlgorithm
    const wanted = failed[algorithm]?.map(({ digest }) => `${algorithm}-${digest}`).join(" or ")
    throw new BundleError(
      "INTEGRITY_MISMATCH",
      `${name} is not the file that is wanted: its integrity is ${algorithm}-${found[algorithm]?.[0]?.digest}, not ${wanted}`,
      { hint: "get the file again, and its integrity from who exported it, by another way than the file" },
    )
  }
}

/** Throws `INVALID_INTEGRITY`. */
function parseIntegrity(text: string): IntegrityMap {
  const words = text.split(/\s+/).filter((word) => word !== "")
  const known = words.filter((word) =>
    INTEGRITY_ALGORITHMS.some((algorithm) => word.startsWith(`${algorithm}-`)),
  )
  // ssri leaves out what it does not understand: the weaker hash beside it would be all that is checked.
  const wrong = words.find((word) => !(known.includes(word) ? isHash(word) : /^[a-z0-9_]+-\S+$/.test(word)))
  if (wrong !== undefined || known.length === 0) {
    const message =
      wrong === undefined
        ? `${quote(text)} has no hash of ${INTEGRITY_ALGORITHMS.join(", ")}`
        : `${quote(wrong)} is no hash as integrity has it`
    throw new BundleError("INVALID_INTEGRITY", message, {
      hint: "integrity is sha256-, sha384- or sha512- and the digest in base64, as Subresource Integrity has it",
    })
  }
  return parse(known.join(" "))
}

/** Whether a word says a whole digest, in the one way in which base64 writes it. */
function isHash(word: string): boolean {
  const hash = parse(word, { single: true, strict: true })
  const digest = digestOfHex(hash.hexDigest())
  return digest !== undefined && integrityOf(digest).toString() === `${hash.algorithm}-${hash.digest}`
}

function integrityOf(digest: FileDigest): IntegrityMap {
  const at = digest.indexOf(":")
  return fromHex(digest.slice(at + 1), digest.slice(0, at))
}
