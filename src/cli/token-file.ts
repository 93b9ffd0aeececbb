import { randomBytes } from "node:crypto"
import { constants } from "node:fs"
import { type FileHandle, link, open, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { syncFolder } from "../content/atomic-file.ts"
import { createPrivateFile, OTHERS } from "../content/private-file.ts"
import { hasCode } from "../errors/system-error.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import { parseTokenSecret } from "../fleet/secret.ts"

/** Of a file with a secret, in bytes. */
const MAX_SIZE = 1000

/** A file that holds the secret of a token, for the eyes of one user. */
export class TokenFile {
  readonly path: string
  readonly secret: string
  /** Whether it was made now. */
  readonly isNew: boolean

  private constructor(path: string, secret: string, isNew: boolean) {
    this.path = path
    this.secret = secret
    this.isNew = isNew
  }

  /**
   * Makes a file with a secret, unless there is one: that is read, and stays as it is. So a secret is on the disk before
   * anything relies on it, and whoever starts again after a crash goes on with the same. Throws `INVALID_TOKEN_FILE` for
   * what is no such file of this user: with one that somebody else has put there, that somebody would have the token.
   */
  static async prepare(path: string, newSecret: () => string): Promise<TokenFile> {
    const present = await readTokenFile(path).catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return undefined
      throw error
    })
    if (present !== undefined) return new TokenFile(path, parse(path, present), false)
    const secret = newSecret()
    if (await createWhole(path, `${secret}\n`)) return new TokenFile(path, secret, true)
    // Another start was quicker.
    return new TokenFile(path, parse(path, await readTokenFile(path)), false)
  }

  /** Takes away what was made now and is good for nothing. */
  async discard(): Promise<void> {
    if (this.isNew) await rm(this.path, { force: true })
  }
}

/**
 * Makes a private file with a text in it, on the disk before it has its name: whoever finds it finds all of it. Says whether
 * it did; `false` where there is something of that name.
 */
async function createWhole(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomBytes(8).toString("hex")}`
  await using file = await createPrivateFile(temporary)
  try {
    await file.writeFile(text)
    await file.sync()
    // Unlike a rename, this never replaces what is there.
    await link(temporary, path)
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

/** Reads the secret out of a file of this user. Throws `EMPTY_TOKEN_FILE`, and `INVALID_TOKEN_FILE` for all else that is none. */
export async function readTokenFile(path: string): Promise<string> {
  // A pipe in its place would keep this waiting, and a link may lead anywhere.
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      if (hasCode(cause, "ELOOP")) throw invalid(path, "it is a symbolic link", cause)
      throw cause
    },
  )
  await checkOwner(path, file)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_SIZE + 1))
  const text = buffer.subarray(0, bytesRead).toString().trim()
  if (text === "") throw invalid(path, "it is empty", undefined, "EMPTY_TOKEN_FILE")
  return text
}

function parse(path: string, text: string): string {
  try {
    return parseTokenSecret(text)
  } catch (cause) {
    throw invalid(path, "it holds something else", cause)
  }
}

async function checkOwner(path: string, file: FileHandle): Promise<void> {
  const { uid, mode, ...found } = await file.stat().then((stats) => ({ ...stats, isFile: stats.isFile() }))
  if (!found.isFile) throw invalid(path, "it is no regular file")
  const user = process.geteuid?.()
  if (user === undefined) return
  if (uid !== user) throw invalid(path, `it belongs to another user (uid ${uid})`)
  if ((mode & OTHERS) !== 0) {
    const bits = (mode & 0o7777).toString(8).padStart(4, "0")
    throw invalid(path, `others may read or write it (mode ${bits})`)
  }
}

function invalid(path: string, reason: string, cause?: unknown, code = "INVALID_TOKEN_FILE"): WaybillError {
  return new WaybillError(code, `${path} is no file with a token: ${reason}`, {
    hint: "name a file that is not there yet, or one with a token in it that is yours alone (chmod 600)",
    cause,
  })
}
