import { isDeepStrictEqual } from "node:util"
import type { Release } from "../fleet/release.ts"
import type { Digest } from "../oci/digest.ts"
import { isRecord } from "../oci/first-fault.ts"
import { environmentOf, portsOf } from "./compose-values.ts"
import { blobsOf, type ReleaseContent, sizeOf } from "./release-content.ts"

/** A value of a service that differs; `null` for none. */
export interface ServiceDifference {
  service: string
  key: string
  before: string | null
  after: string | null
}

/** A key of the composition that differs, of one of its services or of all; `null` stands for one that is not there, too. */
export interface CompositionDifference {
  service: string | null
  key: string
  before: unknown
  after: unknown
}

/** What is another in a release than in the one before it. Of services that one of them has alone, that is all that is told. */
export interface ReleaseComparison {
  services: {
    added: { name: string; image: Digest }[]
    removed: { name: string; image: Digest }[]
    /** Their images, by digest. */
    changed: { name: string; before: Digest; after: Digest }[]
  }
  environment: ServiceDifference[]
  /** By the port of the container, as `80/tcp`, with how it is published, as `8080:80`. */
  ports: ServiceDifference[]
  /** All else of the composition. */
  other: CompositionDifference[]
}

/** What there is to move where the release before is there: manifests, configurations and layers, in bytes. */
export interface ContentComparison {
  moved: { blobs: number; bytes: number }
  shared: { blobs: number; bytes: number }
}

type Compared = Pick<Release, "composition" | "services">

/** Compares what two releases say. */
export function compareReleases(before: Compared, after: Compared): ReleaseComparison {
  const [was, is] = [imagesOf(before), imagesOf(after)]
  const both = [...is.keys()].filter((name) => was.has(name))
  const pairs = both.map((name) => [name, serviceOf(before, name), serviceOf(after, name)] as const)
  return {
    services: {
      added: onlyIn(is, was),
      removed: onlyIn(was, is),
      changed: both.flatMap((name) => {
        const [one, other] = [was.get(name), is.get(name)]
        return one === undefined || other === undefined || one === other
          ? []
          : [{ name, before: one, after: other }]
      }),
    },
    environment: pairs.flatMap(([name, one, other]) =>
      differences(name, one, other, "environment", environmentOf),
    ),
    ports: pairs.flatMap(([name, one, other]) => differences(name, one, other, "ports", portsOf)),
    other: [
      ...pairs.flatMap(([name, one, other]) => otherDifferences(name, one, other)),
      ...keyDifferences(
        null,
        without(before.composition, "services"),
        without(after.composition, "services"),
      ),
    ],
  }
}

/** Compares what two releases are made of. */
export function compareContent(before: ReleaseContent, after: ReleaseContent): ContentComparison {
  const there = blobsOf(before)
  const [shared, moved] = [new Map(blobsOf(after)), new Map(blobsOf(after))]
  for (const digest of shared.keys()) (there.has(digest) ? moved : shared).delete(digest)
  return {
    moved: { blobs: moved.size, bytes: sizeOf(moved) },
    shared: { blobs: shared.size, bytes: sizeOf(shared) },
  }
}

type Section = ReadonlyMap<string, unknown>

function imagesOf({ services }: Compared): Map<string, Digest> {
  return new Map(services.map(({ name, digest }) => [name, digest]))
}

function onlyIn(images: ReadonlyMap<string, Digest>, others: ReadonlyMap<string, Digest>) {
  return [...images].flatMap(([name, image]) => (others.has(name) ? [] : [{ name, image }]))
}

/** As the composition describes it; nothing where it does not. */
function serviceOf({ composition }: Compared, name: string): Section {
  const services = isRecord(composition.services) ? new Map(Object.entries(composition.services)) : undefined
  const service = services?.get(name)
  return new Map(isRecord(service) ? Object.entries(service) : [])
}

type Read = (value: unknown) => Map<string, string> | undefined

/** What is not in a form that Compose has for it is compared as it stands: see `otherDifferences`. */
function differences(
  service: string,
  one: Section,
  other: Section,
  key: string,
  read: Read,
): ServiceDifference[] {
  const [was, is] = [read(one.get(key)), read(other.get(key))]
  if (was === undefined || is === undefined) return []
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((each) => {
    const [before, after] = [was.get(each) ?? null, is.get(each) ?? null]
    return before === after ? [] : [{ service, key: each, before, after }]
  })
}

function otherDifferences(service: string, one: Section, other: Section): CompositionDifference[] {
  const told = [
    ["environment", environmentOf],
    ["ports", portsOf],
  ] as const
  const keys = told.filter(([key, read]) => read(one.get(key)) && read(other.get(key))).map(([key]) => key)
  return keyDifferences(service, without(one, ...keys), without(other, ...keys))
}

function keyDifferences(service: string | null, one: Section, other: Section): CompositionDifference[] {
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) => {
    const [before, after] = [one.get(key) ?? null, other.get(key) ?? null]
    return isDeepStrictEqual(before, after) ? [] : [{ service, key, before, after }]
  })
}

function without(section: Section | Record<string, unknown>, ...keys: string[]): Section {
  const entries = section instanceof Map ? [...section] : Object.entries(section)
  return new Map(entries.filter(([key]) => !keys.includes(key)))
}
