/** Why a pax extended header cannot be read; the reader adds where. */
class PaxSyntaxError extends Error {}

const NEWLINE = 0x0a
const SPACE = 0x20
const EQUALS = 0x3d
const DIGITS = /^[1-9][0-9]{0,8}$/

/** Writes records sorted by key (POSIX.1-2017 pax, "pax Extended Header"). */
export function encodePaxRecords(records: readonly (readonly [key: string, value: string])[]): Buffer {
  const sorted = records.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat(sorted.map(([key, value]) => encodeRecord(key, value)))
}

/** A record's length counts its own digits, so it is found by trying. */
function encodeRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/**
 * Reads `<length> <key>=<value>\n` records; a later one of the same key wins. Values stay bytes: those of keys that
 * nobody asks for need not be text. Throws `PaxSyntaxError`.
 */
export function parsePaxRecords(data: Uint8Array): Map<string, Uint8Array> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
  const records = new Map<string, Uint8Array>()
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(SPACE, at)
    const digits = bytes.toString("latin1", at, Math.max(at, Math.min(space, at + 10)))
    if (!DIGITS.test(digits)) throw new PaxSyntaxError("a record has no length")
    const end = at + Number(digits)
    if (end > bytes.length) throw new PaxSyntaxError("a record is longer than its header")
    const equals = bytes.indexOf(EQUALS, space + 1)
    if (equals <= space + 1 || equals >= end - 1 || bytes[end - 1] !== NEWLINE) {
      throw new PaxSyntaxError("a record is not of the form key=value")
    }
    records.set(bytes.toString("utf8", space + 1, equals), bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return records
}
