import { SCRIPTS, type Shell } from "../completion/scripts.ts"

export function completion(shell: Shell): void {
  process.stdout.write(SCRIPTS[shell])
}
