import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { call, sharedAnswer } from "./call.ts"
import type { Answer, CallInput, Change, Question } from "./routes.ts"

/** A question to the API, for `useQuery` and for loaders of pages: the same question has the same key. */
export function question<Name extends Question>(name: Name, input: CallInput<Name>) {
  return queryOptions<Answer<Name>, Error>({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, { signal }),
    structuralSharing: sharedAnswer,
  })
}

/** A change by the API. What is shown is asked for again when it is done, whatever came of it. */
export function useChange<Name extends Change>(name: Name) {
  const client = useQueryClient()
  return useMutation<Answer<Name>, Error, CallInput<Name> & { etag?: string | undefined }>({
    mutationFn: ({ etag, ...input }) => call(name, input as unknown as CallInput<Name>, { etag }),
    onSettled: () => client.invalidateQueries(),
  })
}
