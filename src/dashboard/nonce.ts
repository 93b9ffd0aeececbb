/** What the content security policy of this page wants of styles that are made by it: see `nonce` in the HTML standard. */
export function styleNonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? ""
}

/** The same for the styles that keep the page behind a dialog from scrolling, whose library asks for it where webpack would put it. */
export function offerStyleNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() })
}
