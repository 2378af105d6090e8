import { and, eq, sql } from 'drizzle-orm'
import { type Deps, systemCtx } from '../core/context.ts'
import { withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { requestRefresh } from './service.ts'

const pageMax = 200

/**
 * Job, for one firm: has the lists read again of every company whose lists are three to four days old, each company at an hour of
 * its own. Changes come by webhook; this finds what was lost, learns that an access has ended, and keeps the tokens of companies
 * from lapsing to which nobody pushes. More often would use up the calls that Intuit lets a program make in a month.
 */
export async function pollBooks(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'poll_books')
  const now = deps.now().toISOString()
  const { id, refreshedAt, refreshRequestedAt, connectedAt } = booksTable
  const newest = sql`greatest(${refreshedAt}, ${refreshRequestedAt}, ${connectedAt})`
  const age = sql`interval '3 days' + mod(abs(hashtext(${id}::text)::bigint), 86400) * interval '1 second'`
  await withFirm(ctx, async (tx) => {
    const rows = await tx
      .select({ id })
      .from(booksTable)
      .where(and(eq(booksTable.firmId, firmId), eq(booksTable.state, 'connected'), sql`${newest} + ${age} < ${now}::timestamptz`))
      .limit(pageMax)
    for (const books of rows) await requestRefresh(tx, ctx, books.id)
  })
}
