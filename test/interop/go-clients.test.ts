import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { describeRegistryClient, setUp } from "./client-contract.ts"
import { crane, oras, type Run, regctl } from "./registry-client.ts"
import { REGISTRIES } from "./tested-registry.ts"

describeRegistryClient(crane)
describeRegistryClient(regctl)
describeRegistryClient(oras)

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

describe.each(Object.entries(REGISTRIES))("artifacts that refer to an image, by oras on %s", (_, start) => {
  test("are attached, discovered by kind, pulled, and copied with the image", async () => {
    const { run, registry, folder } = await setUp(start, oras)
    const image = `${registry.host}/acme/edge:1.2.3`
    await oras.push(run, "web", "web", image)
    await writeFile(join(folder, "bill"), "a bill of materials\n")
    const attached = [
      "attach",
      "--plain-http",
      "--artifact-type",
      BILL,
      "--format",
      "json",
      image,
      "bill:text/plain",
    ]
    const { digest } = JSON.parse(await run("oras", ...attached)) as { digest: string }
    const discover = async (from: string, kind: string) => {
      const found = await run(
        "oras",
        "discover",
        "--plain-http",
        "--format",
        "json",
        "--artifact-type",
        kind,
        from,
      )
      return (
        (JSON.parse(found) as { referrers?: { digest: string }[] }).referrers?.map((one) => one.digest) ?? []
      )
    }
    expect(await discover(image, BILL)).toEqual([digest])
    expect(await discover(image, SIGNATURE)).toEqual([])
    await run("oras", "pull", "--plain-http", "--output", "pulled", `${registry.host}/acme/edge@${digest}`)
    expect(await run("cat", "pulled/bill")).toBe("a bill of materials\n")
    const spare = `${registry.host}/acme/spare:1.2.3`
    await run("oras", "copy", "--recursive", "--from-plain-http", image, "--to-plain-http", spare)
    expect(await discover(spare, BILL)).toEqual([digest])
  })
})

describe.each(Object.entries(REGISTRIES))("work on images where they are, on %s", (_, start) => {
  test("crane adds a layer, tags the image, and finds it whole", async () => {
    const { run, registry, folder } = await setUp(start, crane)
    const repository = `${registry.host}/acme/edge`
    await crane.push(run, "api", "api", `${repository}:1.2.3`)
    await writeFile(join(folder, "note"), Buffer.alloc(3_000_000, "added "))
    await run("tar", "--create", "--file=layer.tar", "note")
    await run(
      "crane",
      "append",
      "--base",
      `${repository}:1.2.3`,
      "-f",
      "layer.tar",
      "-t",
      `${repository}:more`,
    )
    await run("crane", "tag", `${repository}:more`, "latest")
    await run("crane", "validate", "--remote", `${repository}:latest`)
    const files = await run("sh", "-c", 'crane export "$1" - | tar --list', "sh", `${repository}:latest`)
    expect(files.split("\n")).toEqual(expect.arrayContaining(["note", "app/api"]))
    expect((await crane.tags(run, repository)).sort()).toEqual(["1.2.3", "latest", "more"])
  })

  test("regctl puts and gets blobs, and changes an image", async () => {
    const { run, registry, folder } = await setUp(start, regctl)
    const repository = `${registry.host}/acme/edge`
    await writeFile(join(folder, "blob"), Buffer.alloc(3_000_000, "blob "))
    const digest = (await run("sh", "-c", 'regctl blob put "$1" < blob', "sh", repository)).trim()
    await run("sh", "-c", 'regctl blob get "$1" "$2" | cmp - blob', "sh", repository, digest)
    await regctl.push(run, "web", "web", `${repository}:1.2.3`)
    const words = ["--create", "annotated", "--annotation", "made.by=ada"]
    await run("regctl", "image", "mod", `${repository}:1.2.3`, ...words)
    const manifest = await run("regctl", "manifest", "get", "--format", "raw-body", `${repository}:annotated`)
    expect(JSON.parse(manifest)).toMatchObject({ annotations: { "made.by": "ada" } })
    await run("regctl", "blob", "delete", repository, digest)
    await expect(run("regctl", "blob", "head", repository, digest)).rejects.toMatchObject({
      stderr: expect.stringMatching(new RegExp(`digest ${digest}.*not found \\[http 404\\]`)),
    })
  })
})
