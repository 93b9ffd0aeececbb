// What the search of an address may hold: whatever else somebody typed there is left out, and never an error.

export function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value)
  return typeof value === "string" && value !== "" ? value : undefined
}

export function texts(value: unknown): string[] | undefined {
  const found = [value].flat().flatMap((each) => text(each) ?? [])
  return found.length === 0 ? undefined : found
}

export function oneOf<const Value extends string>(
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  return values.find((each) => each === value)
}

/** A whole number from 1 on. */
export function count(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}
