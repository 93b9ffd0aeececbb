/** In how many seconds another try may do better, where something is away or busy: of `Retry-After`. */
export const RETRY_AFTER = "5"
