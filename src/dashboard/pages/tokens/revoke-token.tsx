import { Button, Group, Modal, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import type { Token } from "../../calls/answers.ts"
import { useChange } from "../../calls/queries.ts"
import { usePrincipal } from "../../calls/session.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { sayDone } from "../../parts/say.tsx"

export function RevokeToken({ token }: { token: Token }) {
  const [isOpen, { open, close }] = useDisclosure()
  const revoke = useChange("delete /tokens/{id}")
  const own = usePrincipal()
  const submit = () =>
    revoke.mutate(
      { params: { id: token.id } },
      {
        onSuccess: () => {
          sayDone(`Revoked ${token.name}`)
          close()
        },
      },
    )
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        onClick={open}
        aria-label={`Revoke ${token.name}`}
      >
        Revoke
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Revoke ${token.name}`}>
        <Stack>
          <Text size="sm">
            It is good for nothing from then on, and whoever is signed in with it is signed out.
          </Text>
          {token.id === own.id && <Text size="sm">It is the one that you are signed in with yourself.</Text>}
          <ProblemAlert error={revoke.error} title="It is still good" />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button color="red" onClick={submit} loading={revoke.isPending}>
              Revoke
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
