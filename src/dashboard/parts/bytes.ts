const UNITS = ["B", "kB", "MB", "GB", "TB"]

/** A number of bytes as people read it: in powers of 1000, with three digits that count. */
export function printBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const amount = bytes / 1000 ** power
  return `${power === 0 ? amount : amount.toPrecision(3)} ${UNITS[power]}`
}
