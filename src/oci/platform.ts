import { OciError } from "./oci-error.ts"

/** A platform of an image (image-spec 1.1, image-index.md). */
export interface Platform {
  os: string
  architecture: string
  variant?: string | undefined
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
}

/** Parses `os/architecture[/variant]`, as in `linux/arm64/v8`. Throws `INVALID_PLATFORM`. */
export function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9]+)\/([a-z0-9_-]+)(?:\/([a-z0-9.]+))?$/.exec(text.toLowerCase())
  if (!match?.[1] || !match[2]) {
    throw new OciError("INVALID_PLATFORM", `"${text}" is not a platform`, {
      hint: "a platform is os/architecture or os/architecture/variant, as in linux/arm64",
    })
  }
  const architecture = ARCHITECTURES[match[2]] ?? match[2]
  return { os: match[1], architecture, ...(match[3] === undefined ? {} : { variant: match[3] }) }
}

export function printPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter((part) => part).join("/")
}

/** The variant meant where none is given, as containerd reads it. */
const DEFAULT_VARIANT: Readonly<Record<string, string>> = { arm: "v7", arm64: "v8" }

/** Whether an image for `offered` is what `wanted` asks for. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return false
  if (wanted.variant === undefined) return true
  return variantOf(wanted) === variantOf(offered)
}

function variantOf(platform: Platform): string | undefined {
  return platform.variant ?? DEFAULT_VARIANT[platform.architecture]
}
