import { FleetError } from "./fleet-error.ts"
import { isPlainText } from "./plain-text.ts"

/** In characters. PostgreSQL finds devices by key and value, of which an index takes 2704 bytes at most. */
export const TAG_LIMITS = { key: 164, value: 1000, valueOfDevice: 500 } as const

/** Tags of this namespace belong to balena's own services. */
const RESERVED = "io.balena."

/** Checks a tag of a release or of a device. Throws the error that its limits are told with. */
export function checkTag(key: string, value: string, code: "INVALID_RELEASE" | "INVALID_DEVICE"): void {
  const refuse = (message: string, hint: string) => {
    throw new FleetError(code, message, { hint })
  }
  if (key.length === 0 || key.length > TAG_LIMITS.key || /\s/.test(key)) {
    refuse(
      `"${key.slice(0, 200)}" cannot be the key of a tag`,
      `use 1 to ${TAG_LIMITS.key} characters without white space`,
    )
  }
  if (key.startsWith(RESERVED)) {
    refuse(`the tag "${key}" begins with ${RESERVED}, which is reserved`, "give it another key")
  }
  const longest = code === "INVALID_DEVICE" ? TAG_LIMITS.valueOfDevice : TAG_LIMITS.value
  if (value.length > longest) {
    refuse(`the value of the tag "${key}" has ${value.length} characters`, `at most ${longest} are kept`)
  }
  const hint = "take out NUL characters and halves of surrogate pairs"
  if (!isPlainText(key)) refuse("the key of a tag is not plain text", hint)
  if (!isPlainText(value)) refuse(`the value of the tag "${key}" is not plain text`, hint)
}
