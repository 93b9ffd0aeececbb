import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/** The context that is always there: the home on this machine. */
export const HOME_CONTEXT = "home"

/** In the home: how to reach servers. */
export const CONTEXTS_FILE = "contexts.json"

/** Where an embedded home lies: `WAYBILL_HOME`, else the user's data folder. */
export function homePath(): string {
  const { WAYBILL_HOME, XDG_DATA_HOME, LOCALAPPDATA } = process.env
  if (WAYBILL_HOME) return WAYBILL_HOME
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "waybill")
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "waybill")
  const data = XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), ".local", "share")
  return join(data, "waybill")
}
