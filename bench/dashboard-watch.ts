/**
 * Runs in a page before its own scripts: `shownAt(0)` tells the milliseconds from the navigation until `USEFUL`, a selector, first
 * showed something, `shownAt(1)` those from the last click or choice until it showed something else, and so on.
 */
export const WATCH = `
  const times = []
  const waiting = []
  let shown
  let asked = 0
  for (const kind of ["click", "change"]) addEventListener(kind, () => { asked = performance.now() }, true)
  new MutationObserver(() => {
    const text = document.querySelector(USEFUL)?.textContent
    if (text === undefined || text === shown) return
    shown = text
    const since = asked
    // After the frame that has it.
    requestAnimationFrame(() => setTimeout(() => {
      times.push(performance.now() - since)
      for (const look of waiting.splice(0)) look()
    }))
  }).observe(document, { childList: true, subtree: true, characterData: true })
  globalThis.shownAt = (at) => new Promise((resolve) => {
    const look = () => (times.length > at ? resolve(times[at]) : waiting.push(look))
    look()
  })
`
