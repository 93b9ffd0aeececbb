/** Does one thing after the other: to files in the folder that it is given, to a database there, and at a server. */
import { open, rename } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

const [folder = "", url = ""] = process.argv.slice(2)
const file = await open(join(folder, "partial"), "wx")
await file.write("0123456789")
await file.sync()
await file.close()
await rename(join(folder, "partial"), join(folder, "whole"))

const database = new DatabaseSync(join(folder, "database"))
database.exec("create table things (name text)")
database.exec("begin immediate")
database.prepare("insert into things values (?)").run("one")
database.exec("commit")
database.close()

await (await fetch(url)).text()
