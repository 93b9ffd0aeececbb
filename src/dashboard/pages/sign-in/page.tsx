import { Button, Card, Center, List, PasswordInput, Stack, Text, Title } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { createLazyRoute, useRouter } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import { signIn } from "../../calls/sign-in.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { usePageTitle } from "../../shell/page-title.ts"

export const Route = createLazyRoute("/sign-in")({ component: SignIn })

function SignIn() {
  usePageTitle("Sign in")
  const [secret, setSecret] = useState("")
  const next = useNext()
  const enter = useMutation({ mutationFn: signIn, onSuccess: next })
  useCode((code) => enter.mutate({ code }))
  return (
    <Center mih="100vh" p="md">
      <Card component="main" withBorder w="100%" maw={460} padding="xl">
        <Stack>
          <Title order={1}>Waybill</Title>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              enter.mutate({ secret: secret.trim() })
            }}
          >
            <Stack>
              <PasswordInput
                label="Token"
                description="It begins with wbt_. What you may do here is what the token may."
                autoComplete="off"
                required
                data-autofocus
                value={secret}
                onChange={(event) => setSecret(event.currentTarget.value)}
              />
              <ProblemAlert error={enter.error} title="You are not signed in" />
              <Button type="submit" loading={enter.isPending}>
                Sign in
              </Button>
            </Stack>
          </form>
          <Text size="sm">No token at hand?</Text>
          <List size="sm" spacing="xs">
            <List.Item>
              Where the command line works with this server, it makes a link that signs you in once:
              <CopyText text="waybill open" what="the command" />
            </List.Item>
            <List.Item>
              Where the server runs, an administrator makes a token:
              <CopyText
                text="waybill token create NAME --organization acme --role viewer"
                what="the command"
              />
            </List.Item>
          </List>
        </Stack>
      </Card>
    </Center>
  )
}

/** Goes where somebody wanted to, or to the fleets. */
function useNext(): () => void {
  const router = useRouter()
  const { next } = Route.useSearch()
  // Never elsewhere, whatever a link says: `//host` would be another server.
  const path = next !== undefined && /^\/(?![/\\])/.test(next) ? next : "/fleets"
  return () => router.history.push(path)
}

/** Signs in with the code of a link, which is taken out of the address: it is good once, and nobody should find it there. */
function useCode(use: (code: string) => void): void {
  const isUsed = useRef(false)
  useEffect(() => {
    const code = new URLSearchParams(window.location.hash.slice(1)).get("code")
    if (code === null || isUsed.current) return
    isUsed.current = true
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search)
    use(code)
  })
}
