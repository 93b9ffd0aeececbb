import { z } from "zod"

/** The greatest `limit` of a page. */
export const MAX_PAGE = 1000

/** Query of every list. Numbers of a query are texts. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE)
    .default(100)
    .meta({ description: "greatest number of items in the answer" }),
  cursor: z.string().max(512).optional().meta({ description: "`next` of the page before" }),
  offset: z.coerce.number().int().min(0).max(999_999_999).optional().meta({
    description: "instead of a cursor: leaves out so many items at the beginning",
  }),
  count: z.enum(["true", "false"]).default("false").meta({
    description: "whether `total` says how many items there are in all",
  }),
})

export type PageQuery = z.output<typeof pageQuery>

/** A page of a list: `next` is the cursor of the page behind, `null` when there is none. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable(),
    total: z.int().optional().meta({ description: "of items in all, where `count` asks for it" }),
  })
}
