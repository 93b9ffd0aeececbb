import { execa } from "execa"

/** Nobody's configuration, and somebody who commits. */
const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
}

/** Runs git in a folder, and returns what it prints. */
export async function git(folder: string, ...words: string[]): Promise<string> {
  const { stdout } = await execa("git", words, { cwd: folder, env: ENVIRONMENT })
  return stdout
}

/** Makes a checkout of a folder with all that is in it, and returns its commit. */
export async function commitAll(folder: string): Promise<string> {
  await git(folder, "init", "--quiet")
  await git(folder, "add", "--all")
  await git(folder, "commit", "--quiet", "--allow-empty", "--message", "all")
  return git(folder, "rev-parse", "HEAD")
}
