const SHOWN = 200

/** What a terminal obeys instead of showing it, and what turns a line's direction or breaks it. */
const STEERING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/**
 * Makes control characters visible as JSON writes them, so that text stays on its line. A bundle or a registry may say
 * anything: escape sequences in a note could rewrite what stands on the screen.
 */
export function visible(text: string): string {
  return text.replace(STEERING, escaped)
}

/** Untrusted text as a message may show it: on one line, in quotes, 200 characters at most, nothing that steers a terminal. */
export function quote(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
  return visible(JSON.stringify(shown.toWellFormed()))
}

/** The same of text that is a plain word as a rule, such as a name: quotes only where they are needed. */
export function quoteUnlessPlain(text: string): string {
  return text.length <= SHOWN && /^[\x20-\x7e]*$/.test(text) ? text : quote(text)
}

/** A whole message, whatever got into it: it keeps its lines, and can do nothing else to a terminal. */
export function escapeControls(message: string): string {
  return message.replace(STEERING, (character) => (/[\n\t]/.test(character) ? character : escaped(character)))
}

function escaped(character: string): string {
  if (character === "\n") return "\\n"
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}
