import { Alert, Badge, type CSSVariablesResolver, createTheme } from "@mantine/core"

export const theme = createTheme({
  primaryColor: "cyan",
  // White upon it can be read by everybody, in light and in dark.
  primaryShade: 9,
  autoContrast: true,
  defaultRadius: "md",
  respectReducedMotion: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  headings: { fontWeight: "600" },
  components: {
    Alert: Alert.extend({
      vars: (_, { variant = "light" }) => ({
        root: variant === "light" ? { "--alert-color": "var(--mantine-color-text)" } : {},
      }),
    }),
    // On their pale ground, texts of the same color are too pale as well.
    Badge: Badge.extend({
      vars: (_, { variant }) => ({
        root: variant === "light" ? { "--badge-color": "var(--mantine-color-text)" } : {},
      }),
    }),
    // A dialog has no banner, which a header outside of an article is to whoever hears the page.
    // Not by `Modal.extend` and the like, which would load dialogs with the first page.
    ModalHeader: { defaultProps: { role: "presentation" } },
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close this message" } } },
  },
})

/** Of buttons that are pointed at: white upon them is to be read as well. */
const hovered = {
  "--mantine-color-cyan-filled-hover": "color-mix(in srgb, var(--mantine-color-cyan-9), black 15%)",
  "--mantine-color-red-filled-hover": "color-mix(in srgb, var(--mantine-color-red-9), black 15%)",
}

/** Mantine's own are too pale to be read by everybody (WCAG 2.2, 1.4.3). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...hovered,
    "--line-color": "var(--mantine-color-gray-3)",
    "--row-hover-color": "var(--mantine-color-gray-1)",
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-7)",
    "--mantine-color-error": "var(--mantine-color-red-9)",
  },
  dark: {
    ...hovered,
    "--line-color": "var(--mantine-color-dark-4)",
    "--row-hover-color": "var(--mantine-color-dark-5)",
    "--mantine-color-dimmed": "var(--mantine-color-dark-1)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-1)",
    "--mantine-color-error": "var(--mantine-color-red-4)",
  },
})
