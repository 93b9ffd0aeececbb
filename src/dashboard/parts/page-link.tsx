import { Anchor } from "@mantine/core"
import { createLink } from "@tanstack/react-router"

/** A link to a page of the dashboard, whose address is checked by its types. */
export const PageLink = createLink(Anchor<"a">)
