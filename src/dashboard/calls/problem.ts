import type { Problem } from "../../api/problem.ts"

/** What the server says is wrong, or what keeps it from being asked. */
export class CallError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string | undefined

  constructor({ status, code, detail, hint }: Pick<Problem, "status" | "code" | "detail" | "hint">) {
    super(detail)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

/** The server did not answer, or something else than it did: what is shown stays, and is asked for again. */
export function serverAway(cause: unknown): CallError {
  const error = new CallError({
    status: 0,
    code: "SERVER_AWAY",
    detail: "the server does not answer",
    hint: "what is shown may be old; it is asked again by itself",
  })
  error.cause = cause
  return error
}

export async function problemOf(response: Response): Promise<CallError> {
  try {
    return new CallError((await response.json()) as Problem)
  } catch {
    return new CallError({
      status: response.status,
      code: "NO_PROBLEM",
      detail: `the server answered ${response.status}, and nothing that tells why`,
      hint: "something between here and the server may have answered instead: try again",
    })
  }
}
