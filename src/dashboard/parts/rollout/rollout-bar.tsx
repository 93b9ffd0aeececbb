import { Progress, Text } from "@mantine/core"
import { printCount } from "../count.ts"
import { ROLLOUT_PARTS, type Rollout } from "./rollout-parts.ts"

/** How far a target has come, as a bar; the numbers are in its name and stand beside it. */
export function RolloutBar({ rollout, size = "lg" }: { rollout: Rollout; size?: "sm" | "lg" }) {
  if (rollout.devices === 0) {
    return (
      <Text size="sm" c="dimmed">
        no devices
      </Text>
    )
  }
  return (
    <Progress.Root size={size} role="img" aria-label={describe(rollout)}>
      {ROLLOUT_PARTS.map(({ part, of, color }) => (
        <Progress.Section
          key={part}
          value={(100 * rollout[of]) / rollout.devices}
          color={color}
          withAria={false}
        />
      ))}
    </Progress.Root>
  )
}

function describe(rollout: Rollout): string {
  const parts = ROLLOUT_PARTS.filter(({ of }) => rollout[of] > 0).map(
    ({ of, words }) => `${rollout[of]} ${words}`,
  )
  return `${printCount(rollout.devices, "device")}: ${parts.join(", ")}`
}
