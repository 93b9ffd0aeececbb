import { Kbd, TextInput } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { IconSearch } from "@tabler/icons-react"
import { useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useRef, useState } from "react"
import { question } from "../calls/queries.ts"

/** Looks for fleets and devices from anywhere: `/` goes there, and Enter to what was found. */
export function SearchField() {
  const field = useRef<HTMLInputElement>(null)
  const [words, setWords] = useState("")
  const navigate = useNavigate()
  const client = useQueryClient()
  useHotkeys([["/", () => field.current?.focus()]])
  const go = async () => {
    const search = words.trim()
    if (search === "") return
    // Where no fleet is called so, a device may be. What cannot be asked now the page of fleets says.
    const fleets = await client
      .fetchQuery(question("get /fleets", { query: { search, limit: 1 } }))
      .catch(() => undefined)
    await navigate({ to: fleets?.items.length === 0 ? "/devices" : "/fleets", search: { search } })
  }
  return (
    <form
      style={{ flex: 1, minWidth: 0 }}
      onSubmit={(event) => {
        event.preventDefault()
        void go()
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
