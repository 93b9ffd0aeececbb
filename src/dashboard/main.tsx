import "./styles.ts"
import { MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { client } from "./calls/client.ts"
import { CallError } from "./calls/problem.ts"
import { offerStyleNonce, styleNonce } from "./nonce.ts"
import { router } from "./router.tsx"
import { theme, variables } from "./theme.ts"

const root = document.getElementById("root")
if (root === null) throw new Error("the page has no place for the dashboard")

offerStyleNonce()
// What the server refuses is told by the page, and is no fault of it.
const onCaughtError = (error: unknown) => {
  if (!(error instanceof CallError)) console.error(error)
}

createRoot(root, { onCaughtError }).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={client}>
        <Notifications position="top-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
