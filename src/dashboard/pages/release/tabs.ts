export const RELEASE_TABS = ["services", "compose", "devices", "history"] as const
