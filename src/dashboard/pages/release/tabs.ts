export const RELEASE_TABS = ["services", "compose", "devices"] as const
