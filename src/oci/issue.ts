import type { z } from "zod"
import { quoteUnlessPlain } from "../errors/quote.ts"

type Issue = z.core.$ZodIssue

/** How zod begins what a schema says that has no words of its own. */
const PLAIN = /^(?:Invalid|Too big|Too small|Unrecognized)\b/

const TYPES: Readonly<Record<string, string>> = {
  array: "a list",
  bigint: "a number",
  boolean: "true or false",
  date: "a date",
  int: "a whole number",
  map: "an object",
  nan: "no number",
  null: "null",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "text",
  undefined: "nothing",
}

/** What is wrong with a value, in words that stand behind its place: a schema's own, else these. */
export function describeIssue(issue: Issue | undefined): string {
  if (issue === undefined) return "it is not valid"
  // What is wrong with a key or an element stands inside.
  if (issue.code === "invalid_key" || issue.code === "invalid_element") return describeIssue(issue.issues[0])
  if (!PLAIN.test(issue.message)) return issue.message
  switch (issue.code) {
    case "invalid_type":
      return describeType(issue.expected, issue.message)
    case "invalid_value":
      return `it should be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`
    case "too_big":
      return describeSize("more", issue.maximum, issue.origin)
    case "too_small":
      return describeSize("less", issue.minimum, issue.origin)
    case "unrecognized_keys":
      return `it holds what is not known there: ${issue.keys.map(quoteUnlessPlain).join(", ")}`
    case "invalid_format":
      return "it is not written as it should be"
    default:
      return "it is not what it should be"
  }
}

function describeType(expected: string, message: string): string {
  const received = /received (\w+)/.exec(message)?.[1] ?? ""
  if (received === "undefined") return "it is missing"
  const wanted = TYPES[expected] ?? expected
  const found = TYPES[received]
  return found === undefined || found === wanted
    ? `it should be ${wanted}`
    : `it should be ${wanted}, and is ${found}`
}

function describeSize(than: "more" | "less", limit: number | bigint, origin: string): string {
  const unit =
    origin === "string" ? "character" : origin === "array" || origin === "set" ? "element" : undefined
  if (unit === undefined) return `it is ${than} than ${limit}`
  return `it has ${than} than ${limit} ${unit}${limit === 1 ? "" : "s"}`
}
