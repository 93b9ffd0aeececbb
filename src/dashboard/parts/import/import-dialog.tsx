import { Modal, Stack } from "@mantine/core"
import { useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { ProblemAlert } from "../problem-alert.tsx"
import { begunImports, type ImportNames } from "./begun-imports.ts"
import { type BundleHead, readBundleHead } from "./bundle-head.ts"
import { ChooseBundle } from "./choose-bundle.tsx"
import { ImportForm } from "./import-form.tsx"
import { ImportProgress } from "./import-progress.tsx"
import { ImportRun } from "./import-run.ts"
import { LeaveGuard } from "./leave-guard.tsx"

interface Props {
  /** Of the fleet that the release is to be in. */
  slug: string
  onClose: () => void
  /** Opens the release that was recorded. */
  onShow: (id: number) => void
}

/** Import release: reads what is in a bundle before anything is sent, sends what the fleet lacks, and says what moved. Asks the server itself. */
export function ImportDialog({ slug, onClose, onShow }: Props) {
  const client = useQueryClient()
  const [head, setHead] = useState<BundleHead>()
  const [names, setNames] = useState<ImportNames>()
  const [run, setRun] = useState<ImportRun>()
  const [error, setError] = useState<Error>()

  const choose = async (file: File) => {
    setError(undefined)
    try {
      const found = await readBundleHead(file)
      const begun = begunImports(slug).find(({ digest }) => digest === found.digest)
      setNames(begun?.names ?? { overrideVersion: "", isDraft: found.isDraft })
      setHead(found)
      // What was begun goes on: what it is to be called was said then.
      if (begun !== undefined) setRun(new ImportRun(slug, found, begun.names))
    } catch (refused) {
      setError(refused as Error)
    }
  }
  const close = () => {
    void client.invalidateQueries()
    onClose()
  }
  const chooseAnother = () => {
    setRun(undefined)
    setHead(undefined)
  }
  return (
    <Modal opened onClose={close} title={`Import a release into ${slug}`} size="lg">
      <Stack>
        {head === undefined && <ChooseBundle slug={slug} onChoose={(file) => void choose(file)} />}
        {head === undefined && <ProblemAlert error={error} title="This bundle is refused" />}
        {head !== undefined && names !== undefined && run === undefined && (
          <ImportForm
            slug={slug}
            head={head}
            names={names}
            onChange={setNames}
            onBack={chooseAnother}
            onImport={() => setRun(new ImportRun(slug, head, names))}
          />
        )}
        {head !== undefined && names !== undefined && run !== undefined && (
          <>
            <LeaveGuard run={run} />
            <ImportProgress
              slug={slug}
              head={head}
              run={run}
              onClose={close}
              onShow={onShow}
              onAgain={() => setRun(new ImportRun(slug, head, names))}
              onBack={chooseAnother}
            />
          </>
        )}
      </Stack>
    </Modal>
  )
}
