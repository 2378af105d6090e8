import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { ClientChoice, Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { ReviewCounts, review } from '@ledgersync/shared/review'
import type { Transaction } from '@ledgersync/shared/transactions'
import { chosenClients } from '../clients/filter.ts'
import { getVisibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { toPage } from '../core/cursor.ts'
import { one, withFirm } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import { afterCursor, checkFilters, keyOf, matchesFilters, newestFirst } from '../transactions/filters.ts'
import { bucketOf, joinLedger, selectTransactions, toTransaction, visibleTransactions } from '../transactions/view.ts'

const t = transactionsTable
/** Written out, so that the planner sees the condition of the partial index. */
const inReview: SQL = sql`${t.stage} in ('open', 'approved', 'failed')`

/** A page of the queue: open, approved and failed rows of every client the caller may see, newest first. */
export async function listReview(ctx: StaffCtx, query: Input<typeof review.list>['query']): Promise<Page<Transaction>> {
  const { limit = 50, bucket } = query
  return withFirm(
    ctx,
    async (tx) => {
      await checkFilters(tx, ctx, query)
      const ofBucket =
        bucket === undefined
          ? undefined
          : bucket === 'approved'
            ? eq(t.stage, 'approved')
            : and(sql`${bucketOf} = ${bucket}`, sql`${t.stage} <> 'approved'`)
      const where = and(inReview, matchesFilters(ctx, query), afterCursor(query.cursor), ofBucket)
      const rows = await selectTransactions(tx, ctx, { where, order: newestFirst, limit: limit + 1 })
      return toPage(rows, limit, keyOf, toTransaction)
    },
    'read',
  )
}

/** How many rows stand in each bucket, in one pass. */
export async function countReview(ctx: StaffCtx, { clientId, ...choice }: ClientChoice & { clientId?: string }): Promise<ReviewCounts> {
  return withFirm(
    ctx,
    async (tx) => {
      if (clientId !== undefined) await getVisibleClient(tx, ctx, clientId)
      const waiting = sql`${t.stage} <> 'approved'`
      const count = (condition: SQL) => sql<number>`(count(*) filter (where ${condition}))::int`
      const counted = joinLedger(
        tx
          .select({
            all: count(waiting),
            matched: count(sql`${waiting} and ${bucketOf} = 'matched'`),
            needsReview: count(sql`${waiting} and ${bucketOf} = 'needs_review'`),
            blocked: count(sql`${waiting} and ${bucketOf} = 'blocked'`),
            approved: count(sql`${t.stage} = 'approved'`),
            clients: sql<number>`(count(distinct ${t.clientId}) filter (where ${waiting}))::int`,
          })
          .from(t)
          .$dynamic(),
      )
      return one(
        await counted.where(
          and(
            visibleTransactions(ctx),
            inReview,
            clientId === undefined ? undefined : eq(t.clientId, clientId),
            chosenClients(ctx, sql`${t.clientId}`, choice),
          ),
        ),
      )
    },
    'read',
  )
}
