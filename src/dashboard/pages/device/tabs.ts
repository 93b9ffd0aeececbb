export const DEVICE_TABS = ["summary", "compose", "history", "settings"] as const
