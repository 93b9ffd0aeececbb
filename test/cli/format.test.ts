import { expect, test } from "vitest"
import { printBytes, printSeconds, printTable, printTree, shortDigest } from "../../src/cli/format.ts"

test("sizes have at most four characters and a unit", () => {
  const sizes = [0, 1, 999, 1000, 1049, 9960, 99_940, 99_960, 999_400, 999_500, 1_000_000, 839_000_000]
  expect(sizes.map(printBytes)).toEqual([
    "0 B",
    "1 B",
    "999 B",
    "1.0 kB",
    "1.0 kB",
    "10.0 kB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.0 MB",
    "1.0 MB",
    "839 MB",
  ])
  expect([9_663_676_416, 1e12, 5e15].map(printBytes)).toEqual(["9.7 GB", "1.0 TB", "5000 TB"])
  // A rate is no whole number.
  expect(printBytes(0.4)).toBe("0 B")
})

test("times are in seconds, minutes or hours", () => {
  expect([-1, 0.4, 8, 59.6, 200, 3599, 3600, 7380].map(printSeconds)).toEqual([
    "0 s",
    "0 s",
    "8 s",
    "1 min 0 s",
    "3 min 20 s",
    "59 min 59 s",
    "1 h 0 min",
    "2 h 3 min",
  ])
})

test("the beginning of a digest is enough for the eye", () => {
  expect(shortDigest(`sha256:${"0123456789ab".padEnd(64, "c")}`)).toBe("sha256:0123456789ab")
})

test("a table lines its columns up, with nothing behind the last", () => {
  const table = printTable([
    ["FLEET", "CLASS", "IMAGES IN"],
    ["acme/edge", "fleet", ""],
    ["a", "block", "127.0.0.1:5000"],
  ])
  expect(table).toBe(
    ["FLEET      CLASS  IMAGES IN", "acme/edge  fleet", "a          block  127.0.0.1:5000", ""].join("\n"),
  )
  expect(printTable([])).toBe("")
})

test("a table lines up what is wider or narrower than it has letters", () => {
  const names = ["press 4", "プレス機", "e\u0301tau", "👩‍🔧 shift", "🇯🇵", "한국어", "a\u200bb"]
  const table = printTable([["NAME", "POLICY"], ...names.map((name) => [name, "Pinned"])])
  expect(table).toBe(
    [
      "NAME      POLICY",
      "press 4   Pinned",
      "プレス機  Pinned",
      "e\u0301tau      Pinned",
      "👩‍🔧 shift  Pinned",
      "🇯🇵        Pinned",
      "한국어    Pinned",
      "a\u200bb        Pinned",
      "",
    ].join("\n"),
  )
})

test("a table that is to fit cuts its last column, then its widest, and no letter in two", () => {
  const row = ["1.2.3", "x".repeat(30), "日本語の長い名前"]
  expect(printTable([row], 60)).toBe(`1.2.3  ${"x".repeat(30)}  日本語の長い名前\n`)
  expect(printTable([row], 52)).toBe(`1.2.3  ${"x".repeat(30)}  日本語の長い…\n`)
  expect(printTable([row], 40)).toBe(`1.2.3  ${"x".repeat(22)}…  日本語…\n`)
})

test("a tree draws its branches", () => {
  const tree = printTree({
    text: "release.tar",
    children: [
      { text: "api", children: [{ text: "layer 1" }, { text: "layer 2" }] },
      { text: "web", children: [{ text: "linux/amd64", children: [{ text: "layer 1" }] }] },
    ],
  })
  expect(tree).toBe(
    [
      "release.tar",
      "├── api",
      "│   ├── layer 1",
      "│   └── layer 2",
      "└── web",
      "    └── linux/amd64",
      "        └── layer 1",
      "",
    ].join("\n"),
  )
  expect(printTree({ text: "alone" })).toBe("alone\n")
})
