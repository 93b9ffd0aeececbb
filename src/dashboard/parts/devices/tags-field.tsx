import { TagsInput } from "@mantine/core"

interface Props {
  label: string
  description?: string
  /** `key=value` each, or `key` where the value is empty. */
  value: string[]
  onChange: (tags: string[]) => void
}

/** Tags as they are typed: a key has one value, so that one that is typed again gets the other. */
export function TagsField({ label, description, value, onChange }: Props) {
  return (
    <TagsInput
      label={label}
      description={description}
      placeholder={value.length === 0 ? "site=north" : undefined}
      value={value}
      onChange={(tags) => onChange([...new Map(tags.map((text) => [splitTag(text)[0], text])).values()])}
      // A value may have any of them in it.
      splitChars={[]}
      isDuplicate={(tag, tags) => tags.includes(tag)}
    />
  )
}

/** Key and value of a tag as it is typed. */
export function splitTag(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=")
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

export function printTags(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${value}`))
}
