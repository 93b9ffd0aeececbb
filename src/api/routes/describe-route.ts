import { z } from "zod"
import { PROBLEM_TYPE, problemSchema } from "../problem.ts"

const PROBLEMS: Readonly<Record<number, string>> = {
  400: "the request is not what this document describes",
  401: "no secret, or one that is wrong or revoked",
  403: "the role does not reach",
  404: "not there, or of another organization",
  409: "there already, or still needed",
  412: "changed since the ETag was read",
  413: "the body is too large",
  415: "the body is of another type than this takes",
  416: "the range begins behind the end",
  422: "against a rule",
  429: "too many failed logins from this address",
  500: "the server failed",
  502: "the images cannot be read where the fleet keeps them, or not be brought there",
  503: "the database does not answer, another process works in the content store, or the server has too much to do",
  507: "the disk of the content store is full",
}

const ALWAYS = [400, 401, 403, 429, 500, 503, 507]
const WITH_BODY = [413, 415, 422]

/** The responses of a route: its answer, and the problems that it may have. */
export function answers<const Status extends 200 | 201, Schema extends z.ZodType>(
  status: Status,
  description: string,
  schema: Schema,
  ...problems: number[]
) {
  const answer = { description, content: { "application/json": { schema } } }
  return {
    ...({ [status]: answer } as Record<Status, typeof answer>),
    ...describeProblems(problems),
  }
}

/** The responses of a route that answers nothing. */
export function answersNothing(description: string, ...problems: number[]) {
  return { 204: { description }, ...describeProblems(problems) }
}

/** A body of JSON, in `request.body` of a route. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } }
}

/** Statuses of problems of a route that takes a body. */
export function withBody(...problems: number[]): number[] {
  return [...WITH_BODY, ...problems]
}

/** The problems that a route may have, where its answer is none of JSON. */
export function describeProblems(problems: readonly number[]) {
  const content = { [PROBLEM_TYPE]: { schema: problemSchema } }
  return Object.fromEntries(
    [...ALWAYS, ...problems].map((status) => [status, { description: PROBLEMS[status] ?? "", content }]),
  )
}

/** The responses of a route that answers for as long as whoever asks listens. */
export function answersStream(description: string, ...problems: number[]) {
  return {
    200: { description, content: { "text/event-stream": { schema: z.string() } } },
    ...describeProblems(problems),
  }
}
