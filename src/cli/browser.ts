import { spawn } from "node:child_process"
import { once } from "node:events"

/** The program that opens links, and the words before the link; none where nobody would see what it opens. */
function browserOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] | undefined {
  if (env.BROWSER) return env.BROWSER.split(/\s+/).filter((word) => word !== "")
  if (platform === "darwin") return ["open"]
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined
}

/**
 * Opens a link in the user's browser, which goes on when this program has ended: `$BROWSER` (`%s` stands for the link),
 * `xdg-open` on a display, `open` on a Mac. Says whether there was a program to start.
 */
export async function openBrowser(link: string): Promise<boolean> {
  const words = browserOf(process.env, process.platform)
  if (words === undefined) return false
  const [program = "", ...rest] = words.some((word) => word.includes("%s"))
    ? words.map((word) => word.replaceAll("%s", link))
    : [...words, link]
  // No shell: what is in a link stays a word.
  const child = spawn(program, rest, { detached: true, stdio: "ignore" })
  child.unref()
  return once(child, "spawn").then(
    () => true,
    () => false,
  )
}
