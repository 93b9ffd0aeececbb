import { useDocumentTitle } from "@mantine/hooks"

/** What the page is called in the tab, the history and to whoever hears it: the most particular first. */
export function usePageTitle(...names: readonly string[]): void {
  useDocumentTitle([...names, "Waybill"].join(" · "))
}
