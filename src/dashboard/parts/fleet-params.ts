/** The fleet of a slug, as parameters of a call or an address. */
export function fleetParams(slug: string): { organization: string; name: string } {
  const [organization = "", name = ""] = slug.split("/")
  return { organization, name }
}
