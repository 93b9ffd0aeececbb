import { TextInput } from "@mantine/core"
import { useDebouncedCallback } from "@mantine/hooks"
import { IconSearch } from "@tabler/icons-react"
import { useState } from "react"

/** How long nobody types before it is looked for, in milliseconds. */
const PAUSE = 250

interface Props {
  label: string
  placeholder?: string
  /** What is looked for now; `undefined` for nothing. */
  value: string | undefined
  onSearch: (words: string | undefined) => void
}

/** A text to look for in a list: it is looked for when nobody types any more, and at once with Enter. */
export function SearchText({ label, placeholder, value = "", onSearch }: Props) {
  const [typed, setTyped] = useState(value)
  const [seen, setSeen] = useState(value)
  const [sent, setSent] = useState(value)
  if (seen !== value) {
    setSeen(value)
    // Not what was typed here, which may have gone on: somebody went back, or cleared the filters.
    if (value !== sent) {
      setSent(value)
      setTyped(value)
    }
  }
  const search = (words: string) => {
    searchSoon.cancel()
    setSent(words.trim())
    onSearch(words.trim() || undefined)
  }
  const searchSoon = useDebouncedCallback(search, PAUSE)
  return (
    <TextInput
      type="search"
      label={label}
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value)
        searchSoon(currentTarget.value)
      }}
      onKeyDown={({ key, currentTarget }) => {
        if (key === "Enter") search(currentTarget.value)
      }}
    />
  )
}
