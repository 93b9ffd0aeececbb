import { expect, test } from "vitest"
import { compareClocks, ofDisk } from "../../src/operations/check-home.ts"

const NUMBERS = { bsize: 4096, blocks: 250_000_000, bavail: 200_000_000, files: 1000, ffree: 10 }

test("a disk is well, nearly full, full, or out of files", () => {
  const look = (numbers: Partial<typeof NUMBERS>) => ofDisk({ ...NUMBERS, ...numbers }, "/home")
  expect(look({})).toEqual({
    check: "disk",
    status: "ok",
    message: "819 GB of 1024 GB free where /home lies",
    code: null,
    hint: null,
  })
  const hint = expect.stringContaining("free some space")
  expect(look({ bavail: 200_000 })).toMatchObject({
    status: "warning",
    message: expect.stringContaining("0.8 GB"),
    code: "NO_SPACE",
    hint,
  })
  expect(look({ bavail: 100 })).toMatchObject({ status: "problem", code: "NO_SPACE", hint })
  expect(look({ ffree: 0 })).toMatchObject({
    status: "problem",
    message: "no more files can be made where /home lies",
    hint,
  })
  // As btrfs, which counts no files.
  expect(look({ files: 0, ffree: 0 })).toMatchObject({ status: "ok" })
})

test("clocks may differ by five minutes", () => {
  const now = new Date("2026-05-01T12:00:00Z")
  const compare = (time: string) => compareClocks(now, new Date(time), "site")
  expect(compare("2026-05-01T12:04:59Z")).toMatchObject({ status: "ok" })
  expect(compare("2026-05-01T11:00:00Z")).toMatchObject({
    status: "warning",
    message: "the clock is 3600 seconds ahead of that of site",
  })
  expect(compare("2026-05-01T12:06:00Z")).toMatchObject({
    status: "warning",
    message: "the clock is 360 seconds behind that of site",
  })
})
