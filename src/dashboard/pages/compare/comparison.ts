import type { Answer } from "../../calls/routes.ts"

export type Comparison = Answer<"get /releases/{id}/compare/{other}">
export type ValueDifference = Comparison["environment"][number]
export type KeyDifference = Comparison["other"][number]
