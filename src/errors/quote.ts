const SHOWN = 200

/** What steers a terminal, or turns the direction of the text around it (Unicode, Bidi_Control). */
const STEERING = /[\p{Cc}\p{Bidi_Control}]/gu

/** Untrusted text as a message may show it: on one line, in quotes, 200 characters at most, nothing that steers a terminal. */
export function quote(text: string): string {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
  return JSON.stringify(shown.toWellFormed()).replace(STEERING, escaped)
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
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}
