/** The target of the `next` link in a `Link` header (RFC 8288), as registries page their lists with. */
export function nextLink(text: string | undefined): string | undefined {
  for (const match of (text ?? "").matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"next"|next(?![\w-]))/i.test(match[2] ?? "")) return match[1]
  }
  return undefined
}
