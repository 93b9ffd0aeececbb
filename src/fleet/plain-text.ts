/** SQL databases end a text at a NUL or refuse it, and replace half a surrogate pair: neither would come back. */
export function isPlainText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed()
}
