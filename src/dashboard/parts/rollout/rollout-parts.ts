import { IconCircleCheck, IconPin, IconProgress, IconZzz } from "@tabler/icons-react"
import type { Answer } from "../../calls/routes.ts"

export type Rollout = Answer<"get /fleets/{organization}/{name}/rollout">

/** The parts of a rollout, each with the words, the icon and the color that it has everywhere. */
export const ROLLOUT_PARTS = [
  { part: "on-target", of: "onTarget", words: "on target", color: "teal.6", icon: IconCircleCheck },
  { part: "on-the-way", of: "onTheWay", words: "on their way", color: "blue.5", icon: IconProgress },
  {
    part: "pinned-elsewhere",
    of: "pinnedElsewhere",
    words: "pinned elsewhere",
    color: "grape.5",
    icon: IconPin,
  },
  { part: "silent", of: "silent", words: "silent", color: "gray.5", icon: IconZzz },
] as const
