import { isUtf8 } from "node:buffer"
import type { HeaderBlock } from "../../src/archive/header-block.ts"

/**
 * A header decoder on its own, after POSIX.1-2017 and the manual of GNU tar: what the decoder of the sources is held
 * against. It says why it refuses a block instead of throwing.
 */
export function referenceHeader(block: Buffer): HeaderBlock | "BAD_CHECKSUM" | "BAD_HEADER" {
  const text = (start: number, end: number) => block.toString("latin1", start, end)
  const octal = (start: number, end: number) => {
    const digits = /^[ \0]*([0-7]*)[ \0]*$/.exec(text(start, end))?.[1]
    return digits === undefined ? undefined : Number.parseInt(`0${digits}`, 8)
  }
  const named = (start: number, end: number) => {
    const bytes = block.subarray(start, end)
    return bytes.subarray(0, bytes.includes(0) ? bytes.indexOf(0) : bytes.length)
  }
  let unsigned = 8 * 0x20
  let signed = 8 * 0x20
  for (let at = 0; at < 512; at++) {
    if (at >= 148 && at < 156) continue
    unsigned += block.readUInt8(at)
    signed += block.readInt8(at)
  }
  const checksum = octal(148, 156)
  if (checksum === undefined || (checksum !== unsigned && checksum !== signed)) return "BAD_CHECKSUM"
  const size = block[124] === 0x80 ? Number(BigInt(`0x${block.toString("hex", 125, 136)}`)) : octal(124, 136)
  if (size === undefined || !Number.isSafeInteger(size)) return "BAD_HEADER"
  const prefix = text(257, 263) === "ustar\0" ? named(345, 500) : Buffer.alloc(0)
  const name = prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), named(0, 100)]) : named(0, 100)
  const linkName = named(157, 257)
  return {
    typeFlag: text(156, 157),
    size,
    name: isUtf8(name) ? name.toString() : undefined,
    linkName: isUtf8(linkName) ? linkName.toString() : undefined,
  }
}
