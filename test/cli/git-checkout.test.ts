import { existsSync } from "node:fs"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { findCheckout } from "../../src/cli/git-checkout.ts"
import { commitAll, git } from "../support/git.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const environment = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" }
const { signal } = new AbortController()

async function checkout() {
  const folder = await temporaryFolder()
  await writeFile(join(folder, "compose.yml"), "services: {}\n")
  return { folder, commit: await commitAll(folder) }
}

describe("the commit of a checkout is that of", () => {
  test("its HEAD, also from a folder within", async () => {
    const { folder, commit } = await checkout()
    await mkdir(join(folder, "deploy"))
    for (const place of [folder, join(folder, "deploy")]) {
      expect(await findCheckout(place, environment, signal)).toEqual({ commit, isDirty: false })
    }
  })

  test("the submodule or the worktree that the folder is in", async () => {
    const { folder } = await checkout()
    const other = await checkout()
    const add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.folder, "sub"]
    await git(folder, ...add)
    expect(await findCheckout(join(folder, "sub"), environment, signal)).toEqual({
      commit: other.commit,
      isDirty: false,
    })
    const worktree = join(await temporaryFolder(), "worktree")
    await git(other.folder, "worktree", "add", "--quiet", worktree)
    await git(worktree, "commit", "--quiet", "--allow-empty", "--message", "here")
    const here = await git(worktree, "rev-parse", "HEAD")
    expect(here).not.toBe(other.commit)
    expect(await findCheckout(worktree, environment, signal)).toEqual({ commit: here, isDirty: false })
  })

  test("the folder, whatever the environment of a hook names", async () => {
    const { folder, commit } = await checkout()
    const other = await checkout()
    const hook = {
      GIT_DIR: join(other.folder, ".git"),
      GIT_WORK_TREE: other.folder,
      GIT_INDEX_FILE: "x",
      GIT_PREFIX: "y/",
    }
    expect(await findCheckout(folder, { ...environment, ...hook }, signal)).toEqual({
      commit,
      isDirty: false,
    })
  })

  test("a repository with SHA-256, as its beginning", async () => {
    const folder = await temporaryFolder()
    await git(folder, "init", "--quiet", "--object-format=sha256")
    const commit = await commitAll(folder)
    expect(commit).toHaveLength(64)
    expect(await findCheckout(folder, environment, signal)).toEqual({
      commit: commit.slice(0, 40),
      isDirty: false,
    })
  })
})

test("a checkout is dirty with what is changed, staged or new, and not with what is ignored", async () => {
  const { folder, commit } = await checkout()
  const isDirty = async () => (await findCheckout(folder, environment, signal))?.isDirty
  await writeFile(join(folder, ".gitignore"), "*.log\n")
  expect(await isDirty()).toBe(true)
  await git(folder, "add", ".gitignore")
  expect(await isDirty()).toBe(true)
  await git(folder, "commit", "--quiet", "--message", "ignore")
  await writeFile(join(folder, "a.log"), "")
  expect(await isDirty()).toBe(false)
  await writeFile(join(folder, "compose.yml"), "services: { web: {} }\n")
  expect(await isDirty()).toBe(true)
  // Also where somebody does not want to see it otherwise.
  await git(folder, "checkout", "--quiet", "compose.yml")
  await git(folder, "config", "status.showUntrackedFiles", "no")
  await writeFile(join(folder, "new.yml"), "")
  expect(await isDirty()).toBe(true)
  expect((await findCheckout(folder, environment, signal))?.commit).not.toBe(commit)
})

test("looking at a checkout starts no monitor that its configuration names", async () => {
  const { folder } = await checkout()
  await git(folder, "config", "core.fsmonitor", `touch ${join(folder, "ran")}; false`)
  expect(await findCheckout(folder, environment, signal)).toMatchObject({ isDirty: false })
  expect(existsSync(join(folder, "ran"))).toBe(false)
})

describe("there is no checkout", () => {
  test("in a folder of its own, in a repository without a commit, and in one without files", async () => {
    const folder = await temporaryFolder()
    expect(await findCheckout(folder, environment, signal)).toBeUndefined()
    const unborn = await temporaryFolder()
    await git(unborn, "init", "--quiet")
    expect(await findCheckout(unborn, environment, signal)).toBeUndefined()
    const bare = await temporaryFolder()
    await git(bare, "init", "--quiet", "--bare")
    expect(await findCheckout(bare, environment, signal)).toBeUndefined()
  })

  test("in a file, or behind one", async () => {
    const { folder } = await checkout()
    const file = join(folder, "compose.yml")
    expect(await findCheckout(file, environment, signal)).toBeUndefined()
    expect(await findCheckout(join(file, "deeper"), environment, signal)).toBeUndefined()
  })

  test("where git is not installed", async () => {
    const { folder } = await checkout()
    const path = await temporaryFolder()
    expect(await findCheckout(folder, { ...environment, PATH: path }, signal)).toBeUndefined()
  })
})

describe("what git refuses is told in its words, with what to do:", () => {
  test("a checkout of another user", async () => {
    const { folder } = await checkout()
    const another = { ...environment, GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" }
    await expect(findCheckout(folder, another, signal)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining(`of ${folder}: detected dubious ownership in repository`),
      hint: expect.stringMatching(/git config --global --add safe\.directory .*--commit/),
    })
  })

  test("a worktree whose repository is gone", async () => {
    const { folder } = await checkout()
    const worktree = join(await temporaryFolder(), "worktree")
    await git(folder, "worktree", "add", "--quiet", worktree)
    await rm(join(folder, ".git"), { recursive: true })
    await expect(findCheckout(worktree, environment, signal)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringMatching(/not a git repository: .*worktrees\/worktree/),
      hint: expect.stringContaining("--commit"),
    })
  })

  test("an index that is damaged", async () => {
    const { folder } = await checkout()
    await writeFile(join(folder, ".git", "index"), "no index")
    await expect(findCheckout(folder, environment, signal)).rejects.toMatchObject({ code: "GIT_FAILED" })
  })
})

test("looking at a checkout can be interrupted", async () => {
  const { folder } = await checkout()
  const stopped = AbortSignal.abort(new Error("the user went home"))
  await expect(findCheckout(folder, environment, stopped)).rejects.toThrow("the user went home")
})
