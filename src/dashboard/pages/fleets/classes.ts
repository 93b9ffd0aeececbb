/** What a fleet can be. */
export const CLASSES = ["fleet", "app", "block"] as const
