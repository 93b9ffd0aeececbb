import type { ReleaseAction } from "./release-action.ts"

interface Words {
  /** In a menu. */
  item: string
  title: (version: string) => string
  /** What it means, before what it moves. */
  about: string
  button: string
  done: (version: string) => string
}

export const WORDS: Readonly<Record<ReleaseAction, Words>> = {
  finalize: {
    item: "Finalize",
    title: (version) => `Finalize ${version}`,
    about: "The draft gets a revision, and can be the fleet's latest release. This cannot be taken back.",
    button: "Finalize",
    done: (version) => `${version} is final.`,
  },
  invalidate: {
    item: "Invalidate",
    title: (version) => `Invalidate ${version}`,
    about: "It is no longer the latest, and nothing new can be pinned to it. What is pinned to it stays.",
    button: "Invalidate",
    done: (version) => `${version} is invalidated.`,
  },
  validate: {
    item: "Validate",
    title: (version) => `Validate ${version}`,
    about: "The invalidation is taken back: it can be the latest and be pinned to again.",
    button: "Validate",
    done: (version) => `${version} is valid again.`,
  },
  remove: {
    item: "Remove",
    title: (version) => `Remove ${version}`,
    about:
      "The release is taken off the fleet. Nothing brings it back but an import. Its images stay where they are.",
    button: "Remove",
    done: (version) => `${version} is removed.`,
  },
}
