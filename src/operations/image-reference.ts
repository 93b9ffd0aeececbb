import { isAbsolute, join } from "node:path"
import { parseReference, printReference, type Reference } from "../oci/reference.ts"
import { OperationError } from "./operation-error.ts"

/** Where an image is taken from. `name` picks one where there are several. */
export type ImageReference =
  | { transport: "docker"; reference: Reference }
  | { transport: "oci" | "oci-archive" | "docker-archive"; path: string; name: string }

const FILE_TRANSPORTS = ["oci", "oci-archive", "docker-archive"] as const
/** Transports of skopeo that lead into an engine: what it is, and what writes an image of it into a file. */
const ENGINES: Readonly<Record<string, { place: string; save: string; archive: string }>> = {
  "docker-daemon": {
    place: "a Docker engine",
    save: "docker save -o image.tar",
    archive: "docker-archive",
  },
  "containers-storage": {
    place: "the storage of Podman and Buildah",
    save: "podman save --format oci-archive -o image.tar",
    archive: "oci-archive",
  },
}

/** Others, of files that Waybill does not read. */
const OTHER_TRANSPORTS = ["dir", "ostree", "sif", "tarball"]

/**
 * Parses an image as a compose file names it: a registry reference, or a transport as skopeo writes it
 * (containers-transports(5)). Relative paths start at `folder`. No tag and no digest means `latest`.
 * Throws `INVALID_REFERENCE` or `INVALID_IMAGE`.
 */
export function parseImageReference(text: string, folder: string): ImageReference {
  if (text.startsWith("docker://")) return registryImage(text.slice("docker://".length))
  const colon = text.indexOf(":")
  const prefix = text.slice(0, Math.max(0, colon))
  const transport = FILE_TRANSPORTS.find((known) => known === prefix)
  if (transport !== undefined) return fileImage(transport, text.slice(colon + 1), text, folder)
  const engine = ENGINES[prefix]
  if (engine !== undefined) {
    const name = text.slice(colon + 1) || "IMAGE"
    throw new OperationError("INVALID_IMAGE", `"${text}" is in ${engine.place}, which Waybill does not ask`, {
      hint: `write it into a file first, and name that: ${engine.save} ${name}, then ${engine.archive}:image.tar`,
    })
  }
  if (OTHER_TRANSPORTS.includes(prefix) && !/^[a-z-]+:[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text)) {
    throw new OperationError("INVALID_IMAGE", `"${text}": Waybill does not read the transport ${prefix}`, {
      hint: "copy the image into an OCI layout first: skopeo copy … oci:DIR:NAME",
    })
  }
  return registryImage(text)
}

/** Prints an image as messages name it. */
export function printImageReference(image: ImageReference): string {
  if (image.transport === "docker") return printReference(image.reference)
  return `${image.transport}:${image.path}${image.name === "" ? "" : `:${image.name}`}`
}

function registryImage(text: string): ImageReference {
  const reference = parseReference(text)
  const isPlain = reference.tag === undefined && reference.digest === undefined
  return { transport: "docker", reference: isPlain ? { ...reference, tag: "latest" } : reference }
}

/** The first colon ends the path, as in skopeo: a name may hold more of them. */
function fileImage(
  transport: (typeof FILE_TRANSPORTS)[number],
  rest: string,
  text: string,
  folder: string,
): ImageReference {
  const colon = rest.indexOf(":")
  const path = colon < 0 ? rest : rest.slice(0, colon)
  if (path === "") {
    throw new OperationError("INVALID_IMAGE", `"${text}" names no file`, {
      hint: `write ${transport}:PATH[:NAME]`,
    })
  }
  return {
    transport,
    path: isAbsolute(path) ? path : join(folder, path),
    name: colon < 0 ? "" : rest.slice(colon + 1),
  }
}
