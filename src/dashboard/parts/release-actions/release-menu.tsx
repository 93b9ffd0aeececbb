import { ActionIcon, Menu } from "@mantine/core"
import {
  IconAlertTriangle,
  IconCheck,
  IconCircleCheck,
  IconDots,
  IconDownload,
  IconPin,
  IconTrash,
} from "@tabler/icons-react"
import { type ReactNode, useState } from "react"
import { urlOf } from "../../calls/call.ts"
import { useMay } from "../../calls/session.ts"
import { ActionDialog } from "./action-dialog.tsx"
import { WORDS } from "./action-words.ts"
import { PinFleet } from "./pin-fleet.tsx"
import { type ActedOn, fitsAction, isPinnable, PERMISSIONS, type ReleaseAction } from "./release-action.ts"

const ICONS = {
  finalize: IconCheck,
  invalidate: IconAlertTriangle,
  validate: IconCircleCheck,
  remove: IconTrash,
} as const satisfies Record<ReleaseAction, unknown>

const ACTIONS = Object.keys(ICONS) as ReleaseAction[]

interface Props {
  release: ActedOn
  /** Called when the release is removed. */
  onRemoved?: () => void
  /** Whether it offers the bundle. Default `true`. */
  hasDownload?: boolean
  /** In place of three dots. */
  children?: ReactNode
}

/** What can be done to a release, as far as whoever is signed in may. Asks the server itself, by its dialogs. */
export function ReleaseMenu({ release, onRemoved, hasDownload = true, children }: Props) {
  const may = useMay()
  const [action, setAction] = useState<ReleaseAction>()
  const [isPinning, setPinning] = useState(false)
  const offered = ACTIONS.filter((each) => fitsAction(each, release) && may(PERMISSIONS[each]))
  const isDownloadable = hasDownload && release.status === "success"
  const isPinOffered = isPinnable(release) && may("deploy")
  if (offered.length === 0 && !isDownloadable && !isPinOffered) return null
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          {children ?? (
            <ActionIcon variant="subtle" aria-label={`Actions of ${release.version}`}>
              <IconDots size={18} aria-hidden />
            </ActionIcon>
          )}
        </Menu.Target>
        <Menu.Dropdown>
          {isDownloadable && (
            <Menu.Item
              component="a"
              href={urlOf("/releases/{id}/bundle", { params: { id: release.id } })}
              download
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              Download bundle
            </Menu.Item>
          )}
          {isPinOffered && (
            <Menu.Item leftSection={<IconPin size={16} aria-hidden />} onClick={() => setPinning(true)}>
              Pin the fleet to it
            </Menu.Item>
          )}
          {offered.map((each) => {
            const Icon = ICONS[each]
            return (
              <Menu.Item
                key={each}
                leftSection={<Icon size={16} aria-hidden />}
                {...(each === "remove" && { color: "red" })}
                onClick={() => setAction(each)}
              >
                {WORDS[each].item}
              </Menu.Item>
            )
          })}
        </Menu.Dropdown>
      </Menu>
      {isPinning && <PinFleet release={release} onClose={() => setPinning(false)} />}
      {action !== undefined && (
        <ActionDialog
          action={action}
          release={release}
          onClose={() => setAction(undefined)}
          onDone={action === "remove" ? onRemoved : undefined}
        />
      )}
    </>
  )
}
