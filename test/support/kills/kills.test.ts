import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { describe, expect, onTestFinished, test } from "vitest"
import { startServer } from "../registry/http-server.ts"
import { temporaryFolder } from "../temporary-folder.ts"
import { everyPart, killedAt, type Moment, momentsOf, ofEachKind, some } from "./moments.ts"

const PROGRAM = fileURLToPath(new URL("sample-program.ts", import.meta.url))

/** Runs the sample program, and gives how it ended, what is in its folder, and how many requests its server got. */
async function runSample(env: Record<string, string>) {
  const folder = await temporaryFolder()
  let requests = 0
  const server = await startServer(async (_, response) => {
    requests++
    response.end("an answer")
  })
  onTestFinished(() => server.close())
  const child = spawn(process.execPath, [PROGRAM, folder, server.origin], {
    env: { ...process.env, ...env },
    stdio: "inherit",
  })
  await once(child, "close")
  return { signal: child.signalCode, files: (await readdir(folder)).sort(), folder, requests }
}

describe("a process that is killed at a moment", () => {
  test("has as many of them as there are operations", async () => {
    expect(await momentsOf(runSample)).toEqual([
      "before open 1",
      "half of write 1",
      "before sync 1",
      "before rename 1",
      "before create 1",
      "before begin 1",
      "before insert into things 1",
      "before commit 1",
      "half of GET 1",
      "after GET 1",
    ])
  })

  test.for<[Moment, string[]]>([
    ["before open 1", []],
    ["half of write 1", ["partial"]],
    ["before sync 1", ["partial"]],
    ["before rename 1", ["partial"]],
    ["before create 1", ["database", "whole"]],
  ])("has done what is before it alone: %s", async ([moment, expected]) => {
    const { signal, files, folder, requests } = await runSample(killedAt(moment))
    expect({ signal, files, requests }).toEqual({ signal: "SIGKILL", files: expected, requests: 0 })
    if (files[0] === "partial") {
      const written = await readFile(join(folder, "partial"), "utf8")
      expect(written).toBe(moment === "half of write 1" ? "01234" : "0123456789")
    }
  })

  test.for<[Moment, number]>([
    ["before commit 1", 0],
    ["half of GET 1", 1],
  ])("has in its database what was committed: %s", async ([moment, count]) => {
    const { signal, folder } = await runSample(killedAt(moment))
    expect(signal).toBe("SIGKILL")
    const database = new DatabaseSync(join(folder, "database"))
    expect(database.prepare("select * from things").all()).toHaveLength(count)
    database.close()
  })

  test.for<[Moment, number]>([
    ["half of GET 1", 0],
    ["after GET 1", 1],
  ])("has sent what is before it: %s", async ([moment, count]) => {
    expect(await runSample(killedAt(moment))).toMatchObject({ signal: "SIGKILL", requests: count })
  })

  test("comes to its end where there is no such moment", async () => {
    expect(await runSample(killedAt("before rename 2"))).toMatchObject({ signal: null, requests: 1 })
  })
})

describe("a choice of moments", () => {
  const moments = [
    "before open 1",
    "before open 2",
    "before open 3",
    "before rename 1",
    "half of write 1",
  ] satisfies Moment[]

  test("has one of each kind before it has two of any", () => {
    const kinds = some(3)(moments).map((moment) => moment.replace(/ \d+$/, ""))
    expect(kinds.toSorted()).toEqual(["before open", "before rename", "half of write"])
  })

  test("is the same for one seed and purpose, and has each moment once", () => {
    expect(some(4)(moments)).toEqual(some(4)(moments.toReversed()))
    expect(some(9)(moments).toSorted()).toEqual(moments)
  })

  test("differs for another purpose", () => {
    const choices = Array.from({ length: 20 }, (_, at) => some(5, `${at}`)(moments).join())
    expect(new Set(choices).size).toBeGreaterThan(1)
  })

  test("of each kind has one at least, however many kinds there are", () => {
    const kinds = Array.from({ length: 50 }, (_, at) => `before update ${at}`)
    const chosen = ofEachKind(kinds.flatMap((kind) => [`${kind} 1`, `${kind} 2`]))
    expect(chosen.map((moment) => moment.replace(/ \d+$/, "")).toSorted()).toEqual(kinds.toSorted())
  })

  test("in parts has each moment once", () => {
    const many = Array.from({ length: 50 }, (_, at) => `before open ${at}`)
    const parts = everyPart.map(({ choice }) => choice(many))
    expect(parts.flat().toSorted()).toEqual(many.toSorted())
    for (const part of parts) expect(part.length).toBeGreaterThan(0)
  })
})
