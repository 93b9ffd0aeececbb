// How help texts say which release a command takes: alike everywhere.

export const FLEET_RELEASE = "org/name, with @release behind it or not; or a commit"
export const RELEASE = "version in the fleet, a commit, or 7 or more digits of its beginning"
export const RELEASE_OR_LATEST = `${RELEASE} (default: the latest)`
