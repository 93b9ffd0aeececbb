const numbers = new Intl.NumberFormat("en")

/** A number of things, as in "1 device" and "4,312 devices". */
export function printCount(number: number, what: string): string {
  return `${numbers.format(number)} ${what}${number === 1 ? "" : "s"}`
}
