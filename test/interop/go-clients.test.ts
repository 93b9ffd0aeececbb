import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { describeRegistryClient, setUp } from "./client-contract.ts"
import { crane, type Run, regctl } from "./registry-client.ts"
import { REGISTRIES } from "./tested-registry.ts"

describeRegistryClient(crane)
describeRegistryClient(regctl)

const BILL = "application/vnd.example.bill-of-materials"
const SIGNATURE = "application/vnd.example.signature"

async function referrersOf(run: Run, image: string, ...words: string[]): Promise<string[]> {
  const list = await run("regctl", "artifact", "list", image, "--format", "{{json .}}", ...words)
  const { descriptors } = JSON.parse(list) as {
    descriptors: { artifactType: string; digest: string }[] | null
  }
  return (descriptors ?? []).map(({ artifactType }) => artifactType).sort()
}

describe.each(Object.entries(REGISTRIES))("artifacts that refer to an image, by regctl on %s", (_, start) => {
  async function attach() {
    const { run, registry, folder } = await setUp(start, regctl)
    const repository = `${registry.host}/acme/edge`
    const image = `${repository}:1.2.3`
    await regctl.push(run, "web", "web", image)
    expect(await referrersOf(run, image)).toEqual([])
    await writeFile(join(folder, "bill"), "a bill of materials\n")
    await writeFile(join(folder, "signature"), "a signature\n")
    const put = ["artifact", "put", "--subject", image, "--artifact-type"]
    await run("regctl", ...put, BILL, "--annotation", "made.by=ada", "--file", "bill")
    await run("regctl", ...put, SIGNATURE, "--file", "signature")
    return { run, registry, repository, image }
  }

  test("are found by the image, by kind and by annotation, and read", async () => {
    const { run, image } = await attach()
    expect(await referrersOf(run, image)).toEqual([BILL, SIGNATURE])
    expect(await referrersOf(run, image, "--filter-artifact-type", SIGNATURE)).toEqual([SIGNATURE])
    expect(await referrersOf(run, image, "--filter-annotation", "made.by=ada")).toEqual([BILL])
    const get = ["artifact", "get", "--subject", image, "--filter-artifact-type"]
    expect(await run("regctl", ...get, BILL)).toBe("a bill of materials\n")
    expect(await run("regctl", "artifact", "tree", image)).toContain(SIGNATURE)
  })

  test("go with the image to another repository, and not without being asked for", async () => {
    const { run, registry, image } = await attach()
    const spare = `${registry.host}/acme/spare`
    await run("regctl", "image", "copy", image, `${spare}:alone`)
    expect(await referrersOf(run, `${spare}:alone`)).toEqual([])
    await run("regctl", "image", "copy", "--referrers", image, `${spare}:together`)
    expect(await referrersOf(run, `${spare}:together`)).toEqual([BILL, SIGNATURE])
  })

  test("are no longer found once they are deleted, and the image stays", async () => {
    const { run, repository, image } = await attach()
    const filter = ["--filter-artifact-type", BILL, "--format", "{{(index .Descriptors 0).Digest}}"]
    const digest = (await run("regctl", "artifact", "list", image, ...filter)).trim()
    await run(
      "regctl",
      "manifest",
      "delete",
      "--force-tag-dereference",
      "--referrers",
      `${repository}@${digest}`,
    )
    expect(await referrersOf(run, image)).toEqual([SIGNATURE])
    await regctl.pull(run, image, "stays")
  })

  test("a tag is deleted alone", async () => {
    const { run, image, repository } = await attach()
    await regctl.copy(run, image, `${repository}:spare`)
    await run("regctl", "tag", "delete", `${repository}:spare`)
    expect(await regctl.tags(run, repository)).not.toContain("spare")
    await regctl.pull(run, image, "stays")
  })
})
