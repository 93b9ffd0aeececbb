import about from "../../package.json" with { type: "json" }

/** The version of this program. A part of the build, which finds no file of the project where it is copied to. */
export function packageVersion(): string {
  return about.version
}
