import type { z } from "zod"
import { errorOf, PROBLEM_TYPE, type Problem, problemSchema } from "../api/problem.ts"
import { breakOff, type HttpResponse, header } from "../http/message.ts"
import { readAtMost } from "../http/response-body.ts"
import { parseRetryAfter } from "../http/retry-after.ts"
import { parseJson } from "../oci/json.ts"
import { ClientError, type ClientErrorCode } from "./client-error.ts"

/** Of an answer, in bytes: a page of a thousand devices is 28 megabytes with all tags that they may have, a release at most four. */
const MAX_ANSWER = 32 * 1024 * 1024

/** Statuses that say that another try may do better. */
const TRANSIENT = [429, 502, 503, 504]

/**
 * Reads an answer that has to fit a schema; `size` is that of its text, in bytes. Throws `INVALID_ANSWER` for what is
 * no answer of a Waybill server.
 */
export async function readAnswer<Schema extends z.ZodType>(
  response: HttpResponse,
  schema: Schema,
): Promise<{ answer: z.output<Schema>; size: number }> {
  const type = header(response, "content-type") ?? ""
  const bytes = await readBytes(response)
  if (!type.startsWith("application/json")) throw notWaybill(response, `it answers with ${type || "nothing"}`)
  try {
    const answer = parseJson(bytes, `the answer of ${response.url.host}`, schema, MAX_ANSWER)
    return { answer, size: bytes.length }
  } catch (cause) {
    throw notWaybill(response, (cause as Error).message, cause)
  }
}

/** The error that an answer tells of: one of the domain, or one of the server itself. */
export async function readProblem(response: HttpResponse, now: number): Promise<Error> {
  const type = header(response, "content-type") ?? ""
  const retryAfter = parseRetryAfter(header(response, "retry-after"), now)
  const transient = TRANSIENT.includes(response.status)
  if (!type.startsWith(PROBLEM_TYPE)) {
    breakOff(response)
    if (transient) return serverFailed(response, retryAfter)
    return notWaybill(response, `it answers with status ${response.status} and ${type || "nothing"}`)
  }
  let problem: Problem
  try {
    problem = parseJson(await readBytes(response), "the problem", problemSchema, MAX_ANSWER)
  } catch (cause) {
    return notWaybill(response, (cause as Error).message, cause)
  }
  const { detail, hint } = problem
  const known = errorOf(problem)
  if (known !== undefined) return known
  return new ClientError(codeOf(response.status), `${response.url.host}: ${detail}`, {
    hint,
    transient,
    retryAfter,
  })
}

function codeOf(status: number): ClientErrorCode {
  if (status === 401) return "UNAUTHORIZED"
  if (status === 403) return "FORBIDDEN"
  return status >= 500 ? "SERVER_FAILED" : "REQUEST_REFUSED"
}

function serverFailed({ url, status }: HttpResponse, retryAfter: number | undefined): ClientError {
  return new ClientError("SERVER_FAILED", `${url.host} answers with status ${status}`, {
    transient: true,
    retryAfter,
    hint: "try again; if it stays so, something in front of the server cannot reach it",
  })
}

function notWaybill({ url }: HttpResponse, reason: string, cause?: unknown): ClientError {
  return new ClientError("INVALID_ANSWER", `${url.origin} does not answer as a Waybill server: ${reason}`, {
    cause,
    hint: "check the address; a proxy may have answered instead, or the server may be of another version",
  })
}

async function readBytes(response: HttpResponse): Promise<Uint8Array> {
  const bytes = await readAtMost(response, MAX_ANSWER)
  if (bytes !== undefined) return bytes
  throw notWaybill(response, `its answer has more than ${MAX_ANSWER} bytes`)
}
