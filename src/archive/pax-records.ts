/** Why a pax extended header cannot be read; the reader adds where. */
class PaxSyntaxError extends Error {}

const NEWLINE = 0x0a
const SPACE = 0x20
const EQUALS = 0x3d
const DIGITS = /^[1-9][0-9]{0,8}$/

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
