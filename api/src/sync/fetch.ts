import type { Deps } from '../core/context.ts'
import { ProviderError } from '../core/errors.ts'
import { rowsChangedMeanwhile } from '../providers/plaid/causes.ts'
import type { SyncPage } from '../providers/plaid/client.ts'
import { type Batch, foldPages } from './batch.ts'

const restartsMax = 5
/** 200,000 rows. More than any two years of one login; beyond it something repeats itself. */
const pagesMax = 400

/**
 * Fetches all pages from `cursor` on. When rows change between two pages, the pages are thrown away and it begins again from the
 * same cursor, five times at most. Throws ProviderError.
 */
export async function fetchBatch(deps: Deps, accessToken: string, cursor: string | null): Promise<Batch> {
  for (let restart = 0; ; restart++) {
    try {
      return foldPages(await fetchPages(deps, accessToken, cursor))
    } catch (error) {
      const changed = error instanceof ProviderError && error.code === rowsChangedMeanwhile
      if (!changed || restart === restartsMax) throw error
    }
  }
}

async function fetchPages(deps: Deps, accessToken: string, first: string | null): Promise<SyncPage[]> {
  const pages: SyncPage[] = []
  let cursor = first
  while (pages.length < pagesMax) {
    const page = await deps.plaid.syncPage(accessToken, cursor)
    deps.reached('sync.page_read')
    pages.push(page)
    if (!page.hasMore) return pages
    cursor = page.nextCursor
  }
  throw new Error(`The bank's rows did not end after ${pagesMax} pages`)
}
