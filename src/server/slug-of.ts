/** What names a fleet in the path of a route, as one text. */
export function slugOf({ organization, name }: { organization: string; name: string }): string {
  return `${organization}/${name}`
}
