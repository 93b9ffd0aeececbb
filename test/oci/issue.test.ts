import { expect, test } from "vitest"
import { z } from "zod"
import { describeIssue } from "../../src/oci/issue.ts"

function wordsOf(schema: z.ZodType, value: unknown): string {
  return describeIssue(schema.safeParse(value).error?.issues[0])
}

test.each<[string, z.ZodType, unknown, string]>([
  ["what is missing", z.object({ a: z.string() }), {}, "it is missing"],
  ["a number for a text", z.string(), 3, "it should be text, and is a number"],
  ["a text for a number", z.number(), "3", "it should be a number, and is text"],
  ["a fraction", z.int(), 1.5, "it should be a whole number, and is a number"],
  ["null for an object", z.object({}), null, "it should be an object, and is null"],
  ["a text for a list", z.array(z.string()), "a", "it should be a list, and is text"],
  ["a number for a record", z.record(z.string(), z.string()), 3, "it should be an object, and is a number"],
  ["a text for true or false", z.boolean(), "yes", "it should be true or false, and is text"],
  ["another word", z.enum(["a", "b"]), "c", "it should be one of a, b"],
  ["another number", z.literal(2), 1, "it should be 2"],
  ["a text that is too long", z.string().max(3), "abcd", "it has more than 3 characters"],
  ["a text that is too short", z.string().min(1), "", "it has less than 1 character"],
  ["a list that is too long", z.array(z.string()).max(1), ["a", "b"], "it has more than 1 element"],
  ["a number that is too large", z.number().max(5), 6, "it is more than 5"],
  ["a number below zero", z.int().nonnegative(), -1, "it is less than 0"],
  ["a field that is not known", z.strictObject({}), { b: 1 }, "it holds what is not known there: b"],
  ["a form that does not fit", z.string().regex(/^a/), "b", "it is not written as it should be"],
  ["what fits no form", z.union([z.string(), z.number()]), null, "it is not what it should be"],
  [
    "a key",
    z.record(z.string().regex(/^a/, "it does not begin with a"), z.string()),
    { b: "" },
    "it does not begin with a",
  ],
  ["what a schema has words for", z.string().refine(() => false, "it is no digest"), "x", "it is no digest"],
])("%s is told in words that stand behind its place", (_, schema, value, words) => {
  expect(wordsOf(schema, value)).toBe(words)
})
