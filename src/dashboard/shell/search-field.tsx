import { Kbd, TextInput } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { IconSearch } from "@tabler/icons-react"
import { useNavigate } from "@tanstack/react-router"
import { useRef, useState } from "react"

/** Looks for fleets and devices from anywhere: `/` goes there, and Enter to what was found. */
export function SearchField() {
  const field = useRef<HTMLInputElement>(null)
  const [words, setWords] = useState("")
  const navigate = useNavigate()
  useHotkeys([["/", () => field.current?.focus()]])
  const go = () => {
    const search = words.trim()
    if (search === "") return
    // What has only digits of a uuid is more likely one than the name of a fleet.
    const to = /^[0-9a-f-]{4,}$/i.test(search) && /\d/.test(search) ? "/devices" : "/fleets"
    void navigate({ to, search: { search } })
  }
  return (
    <form
      style={{ flex: 1, minWidth: 0 }}
      onSubmit={(event) => {
        event.preventDefault()
        go()
      }}
    >
      <TextInput
        ref={field}
        maw={380}
        ml="auto"
        type="search"
        aria-label="Search fleets and devices"
        placeholder="Search fleets and devices"
        leftSection={<IconSearch size={16} aria-hidden />}
        rightSection={<Kbd size="xs">/</Kbd>}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </form>
  )
}
