import { List, Text } from "@mantine/core"
import { printCount } from "../count.ts"
import type { Moves } from "./pin-subject.ts"

/** What devices will run, or run now, in words. */
export function MovesText({ moves, others }: Moves) {
  if (moves.length === 0 && others.length === 0) return <Text size="sm">No device moves.</Text>
  return (
    <List size="sm">
      {moves.map(({ from, to, devices }) => (
        <List.Item key={`${from} ${to}`}>
          {printCount(devices, "device")} {devices === 1 ? "moves" : "move"} from {from ?? "no release"} to{" "}
          {to ?? "no release"}
        </List.Item>
      ))}
      {others.map((text) => (
        <List.Item key={text}>{text}</List.Item>
      ))}
    </List>
  )
}
