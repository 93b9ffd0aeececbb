import { expect, test } from "vitest"
import { closing } from "../../src/cli/closing.ts"

const stuck = {
  async close() {
    throw new Error("the disk is gone")
  },
}

test("what is done stays done where it cannot be closed, which is a warning", async () => {
  const warnings: string[] = []
  const result = await closing(
    stuck,
    async () => "done",
    (text) => warnings.push(text),
  )
  expect(result).toBe("done")
  expect(warnings).toEqual(["it is done, and could not be ended in good order: the disk is gone"])
})

test("what went wrong with the work is said, and not that closing failed as well", async () => {
  const work = closing(stuck, async () => {
    throw new Error("the work failed")
  })
  await expect(work).rejects.toThrow("the work failed")
})
