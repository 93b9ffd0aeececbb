import { type ComponentType, useEffect, useState } from "react"
import { serverAway } from "../calls/problem.ts"
import { sayFailed } from "./say.tsx"

interface DialogProps {
  isOpen: boolean
  onClose: () => void
}

/**
 * A dialog that is loaded when it is first opened, so that no page waits for it. Until then, and where it cannot be loaded, the page
 * stays as it is.
 */
export function dialogLater<Props extends DialogProps>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | undefined
  return function DialogLater(props: Props) {
    const { isOpen, onClose } = props
    const [Dialog, setDialog] = useState(() => loaded)
    const [isThere, setIsThere] = useState(false)
    // biome-ignore lint/correctness/useExhaustiveDependencies: only that it is opened loads it.
    useEffect(() => {
      if (!isOpen || Dialog !== undefined) return
      load().then(
        (found) => {
          loaded = found
          setDialog(() => found)
        },
        (error: unknown) => {
          sayFailed(serverAway(error))
          onClose()
        },
      )
    }, [isOpen])
    // It is there before it is opened, so that it knows where the focus was.
    useEffect(() => setIsThere(Dialog !== undefined), [Dialog])
    return Dialog === undefined ? null : <Dialog {...props} isOpen={isOpen && isThere} />
  }
}
