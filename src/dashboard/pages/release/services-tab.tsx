import { Skeleton, Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { Release } from "../../calls/answers.ts"
import { question } from "../../calls/queries.ts"
import { printBytes } from "../../parts/bytes.ts"
import { CopyText } from "../../parts/copy-text.tsx"
import { printCount } from "../../parts/count.ts"
import { type Column, DataTable } from "../../parts/data-table.tsx"
import { fleetParams } from "../../parts/fleet-params.ts"
import { ProblemAlert } from "../../parts/problem-alert.tsx"
import { type ReleaseContent, type Service, shortDigest } from "./release-content.ts"
import { SharedLayers } from "./shared-layers.tsx"

/** The services of a release: their images by digest, for what platforms, how large, and how to get them. */
export function ServicesTab({ release }: { release: Release }) {
  const { id, fleet: slug, status } = release
  const params = fleetParams(slug)
  const { data: fleet } = useQuery(question("get /fleets/{organization}/{name}", { params }))
  const { data: content, error } = useQuery({
    ...question("get /releases/{id}/content", { params: { id } }),
    enabled: status === "success",
  })
  if (status !== "success")
    return <Text>A build that {status === "running" ? "runs" : "failed"} has no images.</Text>
  const repository = `${fleet?.registry ?? window.location.host}/${slug}`
  return (
    <Stack>
      <ProblemAlert error={error} title="What is in the images cannot be read now" />
      <DataTable
        label={`Services of ${release.version}`}
        columns={columnsOf(repository, content)}
        rows={content?.services ?? (error === null ? undefined : servicesOf(release))}
        keyOf={({ name }) => name}
        empty={<Text>This release has no services.</Text>}
      />
      {content !== undefined && (
        <Text size="sm">
          {printBytes(content.size)} in all, each of {printCount(content.layers.length, "layer")} counted
          once.
        </Text>
      )}
      {content === undefined && error === null && <Skeleton height={20} w={240} />}
      {content !== undefined && <SharedLayers content={content} />}
    </Stack>
  )
}

function columnsOf(repository: string, content: ReleaseContent | undefined): Column<Service>[] {
  return [
    {
      title: "Service",
      cell: ({ name }) => (
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
      ),
    },
    {
      title: "Image",
      cell: ({ name, image: { digest } }) => (
        <CopyText text={digest} shown={shortDigest(digest)} what={`the digest of ${name}`} />
      ),
    },
    {
      title: "Platforms",
      cell: ({ platforms }) =>
        content === undefined
          ? "–"
          : platforms.map(({ platform, manifest, size }) => (
              <Text key={manifest.digest} size="sm" style={{ whiteSpace: "nowrap" }}>
                {platform ?? "not said"} {printBytes(size)}
              </Text>
            )),
    },
    { title: "Shares", cell: (service) => <Shared service={service} content={content} /> },
    {
      title: "Pull command",
      cell: ({ name, image: { digest } }) => (
        <CopyText
          text={`docker pull ${repository}@${digest}`}
          shown={`docker pull …@${shortDigest(digest)}`}
          what={`the command that pulls ${name}`}
        />
      ),
    },
  ]
}

/** What of an image other services have too. */
function Shared({ service, content }: { service: Service; content: ReleaseContent | undefined }) {
  const shared =
    content?.layers.filter(({ services }) => services.length > 1 && services.includes(service.name)) ?? []
  if (shared.length === 0) return <Text size="sm">–</Text>
  const bytes = shared.reduce((sum, { size }) => sum + size, 0)
  return (
    <Text size="sm" style={{ whiteSpace: "nowrap" }}>
      {printBytes(bytes)} in {printCount(shared.length, "layer")}
    </Text>
  )
}

/** As the release itself names them, without what their images say. */
function servicesOf({ services }: Release): Service[] {
  return services.map(({ name, ...image }) => ({ name, image, platforms: [] }))
}
