/** Replaces a file, as a process that a test can kill. */
import { replaceFile } from "../../src/content/atomic-file.ts"

const [path = ""] = process.argv.slice(2)
await replaceFile(path, `${path}.new`, (file) => file.writeFile("after"))
