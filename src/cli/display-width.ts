import stringWidth from "string-width"

/** Cells of a terminal that a text takes: two for each letter of Chinese and most emoji, none for an accent of its own. */
function widthOf(text: string): number {
  // Nearly all texts, and a hundred times as fast.
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)
}

/** The same of many texts, of which one is measured once: that of a sign that is no letter takes as long as printing it. */
export function measuring(): (text: string) => number {
  const known = new Map<string, number>()
  return (text) => {
    const width = known.get(text) ?? widthOf(text)
    known.set(text, width)
    return width
  }
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
