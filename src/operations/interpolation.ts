import { OperationError } from "./operation-error.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** `$$`, `$NAME`, or the beginning of what stands in braces: `${NAME` and its operator. */
const REFERENCE = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(:?[-?+]|(?=\})))/y

/**
 * Fills variables into a text as compose does (compose-spec, Interpolation): `$NAME`, `${NAME}`, with `:-` `-` `:?`
 * `?` `:+` `+`, whose words may hold variables again, and `$$` for a dollar sign. A variable that is not set and has
 * no default is an error here, since an image with a hole in its name is never what was meant.
 * Throws `INVALID_COMPOSE_FILE`, naming `place`.
 */
export function interpolate(text: string, environment: Environment, place: string): string {
  let result = ""
  let end = 0
  for (let at = text.indexOf("$"); at >= 0; at = text.indexOf("$", end)) {
    const reference = readReference(text, at)
    if (reference === undefined)
      throw invalid(`${place}: "${text}" has a $ that names no variable`, "write $$ for a dollar sign")
    result += text.slice(end, at) + fillIn(reference, environment, place)
    end = reference.end
  }
  return result + text.slice(end)
}

/** Variables in the defaults of variables, as deep as anybody writes them; whoever nests thousands is after the stack. */
const MAX_NESTING = 100

/** What compose makes of a text where no variable is set, and the variables that it then has no value for. */
interface Unset {
  text: string
  missing: ReadonlySet<string>
}

/**
 * Fills the defaults of variables into a text, and nothing for those that have none. A `$` that names no variable stays: what
 * is wrong with it is told where the text is used.
 */
export function fillDefaults(text: string): Unset {
  const missing = new Set<string>()
  const fill = (part: string, nesting: number): string => {
    let result = ""
    let end = 0
    for (let at = part.indexOf("$"); at >= 0; at = part.indexOf("$", Math.max(end, at + 1))) {
      const reference = readReference(part, at)
      if (reference === undefined) {
        if (part[at + 1] === "{") break
        continue
      }
      const { name, operator, word } = reference
      result += part.slice(end, at)
      if (name === undefined) result += "$"
      else if (operator.endsWith("-")) result += nesting < MAX_NESTING ? fill(word, nesting + 1) : word
      else if (!operator.endsWith("+")) missing.add(name)
      end = reference.end
    }
    return result + part.slice(end)
  }
  return { text: fill(text, 0), missing }
}

interface Reference {
  /** `undefined` for `$$`. */
  name: string | undefined
  operator: string
  word: string
  end: number
}

function readReference(text: string, at: number): Reference | undefined {
  REFERENCE.lastIndex = at
  const match = REFERENCE.exec(text)
  if (match === null) return undefined
  const [, , plain, braced, operator = ""] = match
  const start = REFERENCE.lastIndex
  if (braced === undefined) return { name: plain, operator: "", word: "", end: start }
  const close = closingBrace(text, start)
  return close < 0 ? undefined : { name: braced, operator, word: text.slice(start, close), end: close + 1 }
}

/** Where the word that begins at `start` ends: the words of variables in it have braces of their own. */
function closingBrace(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === "}" && depth-- === 0) return at
    if (text[at] !== "$") continue
    if (text[at + 1] === "{") depth++
    if (text[at + 1] === "{" || text[at + 1] === "$") at++
  }
  return -1
}

function fillIn({ name, operator, word }: Reference, environment: Environment, place: string): string {
  if (name === undefined) return "$"
  const value = environment[name]
  const isSet = value !== undefined && !(operator.startsWith(":") && value === "")
  if (operator.endsWith("+")) return isSet ? interpolate(word, environment, place) : ""
  if (isSet) return value
  if (operator.endsWith("-")) return interpolate(word, environment, place)
  throw invalid(
    `${place}: the variable ${name} is not set${word === "" ? "" : `: ${word}`}`,
    `set it in the environment, or give it a default as in \${${name}:-1.2.3}`,
  )
}

function invalid(message: string, hint: string): OperationError {
  return new OperationError("INVALID_COMPOSE_FILE", message, { hint })
}
