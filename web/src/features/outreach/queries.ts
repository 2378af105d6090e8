import { outreach, type OutreachRequest } from '@ledgersync/shared/outreach'
import { keepPreviousData } from '@tanstack/react-query'
import { pages, query } from '../../query.ts'

/** How many would be written to, and with which templates. */
export const summaryQuery = (body: OutreachRequest) => ({ ...query(outreach.preview, { query: { limit: 1 }, body }), staleTime: 0 })

/** The people who would be written to, a page at a time. */
export const peoplePages = (body: OutreachRequest) => ({
  ...pages(outreach.preview, { query: { limit: 100 }, body }),
  staleTime: 0,
  placeholderData: keepPreviousData,
})

/** The clients that would be left out, a page at a time. */
export const skippedPages = (body: OutreachRequest) => ({
  ...pages(outreach.skipped, { query: { limit: 100 }, body }),
  staleTime: 0,
  placeholderData: keepPreviousData,
})
