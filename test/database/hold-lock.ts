/**
 * A process that holds the lock of a SQLite file: `<file> <begin>`, the second the statement that takes it. It says `ready`,
 * takes the lock at a line on stdin and says `held`, and lets it go at the next and says `free`.
 */
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"

const [path = "", begin = ""] = process.argv.slice(2)
const database = new DatabaseSync(path, { timeout: 10_000 })
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
process.stdout.write("ready\n")
await lines.next()
database.exec(begin)
process.stdout.write("held\n")
await lines.next()
database.exec("commit")
database.close()
process.stdout.write("free\n")
process.exit()
