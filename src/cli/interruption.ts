/**
 * Aborted when this process is told to end. Only what has no part in the work that is interrupted goes on without a look at
 * it, as a server that is about to stop and answers what it was asked before.
 */
export const interruption = new AbortController()
