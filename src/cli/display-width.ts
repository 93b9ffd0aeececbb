import stringWidth from "string-width"

/** Cells of a terminal that a text takes: two for each letter of Chinese and most emoji, none for an accent of its own. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** A text with as many blanks behind it as a column of that width takes. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)))
}

/** A text that takes no more than so many cells: what is left of it ends with a sign for the rest. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let short = ""
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (widthOf(short + segment) > width - 1) break
    short += segment
  }
  return `${short}…`
}
