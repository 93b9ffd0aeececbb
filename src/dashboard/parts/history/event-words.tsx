import type { ReactNode } from "react"
import type { FleetEvent } from "../../calls/answers.ts"

/** What an event is about, as it is shown. */
interface About {
  release: ReactNode
  device: ReactNode
  /** The fleet that a device came from or went to. */
  other: ReactNode
}

const WORDS: Readonly<Record<FleetEvent["action"], (about: About) => ReactNode>> = {
  "fleet.create": () => "created the fleet",
  "fleet.remove": () => "removed the fleet",
  "fleet.pin": ({ release }) => <>pinned the fleet to {release}</>,
  "fleet.track-latest": () => "let the fleet track its latest release",
  "fleet.publish": () => "made its images public",
  "fleet.unpublish": () => "made its images private again",
  "fleet.set-registry": () => "set where its images are kept",
  "release.create": ({ release }) => <>created release {release}</>,
  "release.import": ({ release }) => <>imported release {release}</>,
  "release.fail": ({ release }) => <>recorded the failed build {release}</>,
  "release.finalize": ({ release }) => <>made the draft {release} final</>,
  "release.invalidate": ({ release }) => <>invalidated release {release}</>,
  "release.validate": ({ release }) => <>validated release {release} again</>,
  "release.remove": ({ release }) => <>removed release {release}</>,
  "device.register": ({ device }) => <>registered device {device}</>,
  "device.pin": ({ device, release }) => (
    <>
      pinned device {device} to {release}
    </>
  ),
  "device.track-fleet": ({ device }) => <>let device {device} follow the fleet</>,
  "device.join": ({ device, other }) => (
    <>
      moved device {device} here from {other}
    </>
  ),
  "device.leave": ({ device, other }) => (
    <>
      moved device {device} away to {other}
    </>
  ),
  "device.rename": ({ device }) => <>renamed device {device}</>,
  "device.tag": ({ device }) => <>changed tags of device {device}</>,
  "device.rotate-key": ({ device }) => <>gave device {device} another key</>,
  "device.remove": ({ device }) => <>removed device {device}</>,
}

/** What somebody did, in plain words; `device` is the device that it is about, as it is shown. */
export function eventWords({ action, release, otherFleet }: FleetEvent, device: ReactNode): ReactNode {
  return WORDS[action]({
    release: <strong>{release?.version ?? "a release"}</strong>,
    device,
    other: otherFleet ?? "another organization",
  })
}

/** The actions by what a list of them calls each. */
export const ACTION_NAMES: Readonly<Record<FleetEvent["action"], string>> = {
  "fleet.create": "Fleet created",
  "fleet.remove": "Fleet removed",
  "fleet.pin": "Fleet pinned",
  "fleet.track-latest": "Fleet tracks latest",
  "fleet.publish": "Images made public",
  "fleet.unpublish": "Images made private",
  "fleet.set-registry": "Registry set",
  "release.create": "Release created",
  "release.import": "Release imported",
  "release.fail": "Failed build recorded",
  "release.finalize": "Draft made final",
  "release.invalidate": "Release invalidated",
  "release.validate": "Release validated",
  "release.remove": "Release removed",
  "device.register": "Device registered",
  "device.pin": "Device pinned",
  "device.track-fleet": "Device follows its fleet",
  "device.join": "Device came from another fleet",
  "device.leave": "Device went to another fleet",
  "device.rename": "Device renamed",
  "device.tag": "Tags of a device changed",
  "device.rotate-key": "Key of a device rotated",
  "device.remove": "Device removed",
}
