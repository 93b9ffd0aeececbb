/** What the content security policy of this page wants of styles that are made by it: see `nonce` in the HTML standard. */
export function styleNonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? ""
}
