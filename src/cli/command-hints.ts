/** By the codes of errors: the command, or the option of the one that was given, that does what helps. */
const COMMANDS: Readonly<Record<string, string>> = {
  FLEET_NOT_FOUND: "`waybill fleet list` shows those there are, `waybill fleet create` makes one",
  FLEET_HAS_RELEASES: "`waybill fleet rm --with-releases` removes them with it",
  FLEET_HAS_DEVICES: "`waybill fleet rm --with-devices` removes them with it",
  RELEASE_NOT_FOUND: "`waybill release list <fleet>` shows those there are",
  NOT_A_RELEASE: "`waybill release create` makes one",
  NOT_A_BUNDLE:
    "`waybill release export` makes one, `waybill release create` takes image archives of other tools",
  INVALID_INTEGRITY: "`waybill release export --integrity` prints it",
  DEVICE_NOT_FOUND: "`waybill device list` shows those there are",
  NO_REGISTRY: "`waybill serve` is such a server, and `--context` asks it",
  TOKEN_NOT_FOUND: "`waybill token list` shows those there are",
  NO_SPACE: "`waybill store gc --dry-run` says what of the content store nothing needs",
}

/** Adds to what is said of an error the command that helps: the library knows none, and others use it too. */
export function withCommand<Said extends { code: string | null; hint: string | null | undefined }>(
  said: Said,
): Said {
  const { code, hint } = said
  const command = code === null ? undefined : COMMANDS[code]
  if (command === undefined) return said
  return { ...said, hint: hint ? `${hint}; ${command}` : command }
}
