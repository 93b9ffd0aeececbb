import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { LayoutWriter } from "../../fixtures/images.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import type { Run } from "./registry-client.ts"

/** Writes an image in which commands can be run, as `app` of the layout `images`: Debian's static busybox and a file. */
export async function writeBusyboxImage(folder: string, run: Run): Promise<void> {
  const script = `
    mkdir -p rootfs/bin rootfs/etc
    cp "$(command -v busybox)" rootfs/bin/busybox
    ln -s busybox rootfs/bin/sh
    echo tested > rootfs/etc/message
    tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --file=rootfs.tar --directory=rootfs .`
  await run("sh", "-euc", script)
  const tar = await readFile(join(folder, "rootfs.tar"))
  const layout = await LayoutWriter.create(join(folder, "images"))
  const descriptor = await layout.blob(MediaType.ociLayer, tar)
  const layers = [{ descriptor, diffId: digestOf(tar), createdBy: "COPY busybox /bin/" }]
  const config = { Env: ["PATH=/bin", "GREETING=hello"], Cmd: ["/bin/sh"] }
  await layout.name("app", await layout.image({ layers, config }))
}
