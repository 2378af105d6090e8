import type { Page } from '@ledgersync/shared/common'
import { type UploadRow, uploads } from '@ledgersync/shared/uploads'
import type { InfiniteData } from '@tanstack/react-query'
import { type EndpointKey, queryClient } from '../../query.ts'

/** Puts a row as the API has answered it wherever the row is shown: lists that somebody has scrolled far are not fetched anew. */
export function showRow(uploadId: string, changed: UploadRow): void {
  queryClient.setQueriesData<InfiniteData<Page<UploadRow>>>(
    {
      queryKey: [uploads.rows.schema.operationId],
      predicate: ({ queryKey }) => {
        // Keys are made by `query` and `pages` only
        const [, input] = queryKey as EndpointKey
        return (input as { params?: { uploadId?: string } }).params?.uploadId === uploadId
      },
    },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: page.items.map((row) => (row.row === changed.row ? changed : row)) })),
      },
  )
}

/** Focuses the next cell with a problem below the row, or the last one above, unless something has the focus. */
export function focusProblemAfter(row: number): void {
  if (document.activeElement !== document.body) return
  const cells = [...document.querySelectorAll<HTMLElement>('[data-bad="true"][data-row]')]
  const next = cells.find(({ dataset }) => Number(dataset.row) > row) ?? cells.at(-1)
  next?.focus()
}
