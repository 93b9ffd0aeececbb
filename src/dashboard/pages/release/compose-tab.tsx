import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Release } from "../../calls/answers.ts"
import { urlOf } from "../../calls/call.ts"
import { question } from "../../calls/queries.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { TextFile } from "../../parts/text-file.tsx"

/** The compose file of a release, with its images by digest. */
export function ComposeTab({ release: { id, status, version } }: { release: Release }) {
  const params = { id }
  const { data, error } = useQuery({
    ...question("get /releases/{id}/compose", { params }),
    enabled: status === "success",
  })
  if (status !== "success") return <Text>There is a compose file of successful releases alone.</Text>
  if (error !== null && data === undefined) return <ProblemAlert error={error} />
  if (data === undefined) return <Skeleton height={300} />
  return (
    <TextFile
      what={`the compose file of ${version}`}
      text={data}
      href={urlOf("/releases/{id}/compose", { params })}
      name="compose.yml"
    />
  )
}
