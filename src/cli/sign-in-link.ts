/** Where nobody connects to, though a server listens there: at all addresses of its machine. */
const WILDCARDS = ["0.0.0.0", "[::]"]

/** What a browser opens to sign in with a code. Behind the #, which no browser sends anywhere and no server logs. */
export function signInLink(server: string, code: string): string {
  const url = new URL(server)
  if (WILDCARDS.includes(url.hostname)) url.hostname = "localhost"
  if (!url.pathname.endsWith("/")) url.pathname += "/"
  return new URL(`sign-in#code=${code}`, url).href
}
