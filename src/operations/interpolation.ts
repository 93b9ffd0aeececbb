import { OperationError } from "./operation-error.ts"

const VARIABLE = /\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^}]*))?\}|)/g

/**
 * Fills variables into a text as compose does (compose-spec, Interpolation): `$NAME`, `${NAME}`, with `:-` `-` `:?`
 * `?` `:+` `+`, and `$$` for a dollar sign. A variable that is not set and has no default is an error here, since
 * an image with a hole in its name is never what was meant. Throws `INVALID_COMPOSE_FILE`, naming `place`.
 */
export function interpolate(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  place: string,
): string {
  return text.replace(VARIABLE, (_, dollar, plain, braced, operator = "", word = "") => {
    if (dollar !== undefined) return "$"
    const name: string | undefined = plain ?? braced
    if (name === undefined)
      throw invalid(`${place}: "${text}" has a $ that names no variable`, "write $$ for a dollar sign")
    const value = environment[name]
    const isSet = value !== undefined && !(operator.startsWith(":") && value === "")
    if (operator.endsWith("+")) return isSet ? word : ""
    if (isSet) return value
    if (operator.endsWith("-")) return word
    throw invalid(
      `${place}: the variable ${name} is not set${operator.endsWith("?") && word !== "" ? `: ${word}` : ""}`,
      `set it in the environment, or give it a default as in \${${name}:-1.2.3}`,
    )
  })
}

function invalid(message: string, hint: string): OperationError {
  return new OperationError("INVALID_COMPOSE_FILE", message, { hint })
}
