import { and, eq, ne, type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { Transaction, transactions } from '@ledgersync/shared/transactions'
import type { StaffCtx } from '../core/context.ts'
import { toPage } from '../core/cursor.ts'
import { notFound } from '../core/errors.ts'
import { withFirm } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import { afterCursor, checkFilters, keyOf, matchesFilters, newestFirst } from './filters.ts'
import { selectTransactions, toTransaction } from './view.ts'

/** A page of transactions, newest first. Withdrawn rows only when that stage is asked for. */
export async function listTransactions(ctx: StaffCtx, query: Input<typeof transactions.list>['query']): Promise<Page<Transaction>> {
  const { limit = 50, stage } = query
  return withFirm(
    ctx,
    async (tx) => {
      await checkFilters(tx, ctx, query)
      const ofStage: SQL = stage === undefined ? ne(transactionsTable.stage, 'removed') : eq(transactionsTable.stage, stage)
      const where = and(matchesFilters(ctx, query), afterCursor(query.cursor), ofStage)
      const rows = await selectTransactions(tx, ctx, { where, order: newestFirst, limit: limit + 1 })
      return toPage(rows, limit, keyOf, toTransaction)
    },
    'read',
  )
}

/** One transaction of any stage, or `not_found`. */
export async function getTransaction(ctx: StaffCtx, transactionId: string): Promise<Transaction> {
  return withFirm(
    ctx,
    async (tx) => {
      const [row] = await selectTransactions(tx, ctx, { where: sql`${transactionsTable.id} = ${transactionId}` })
      if (row === undefined) throw notFound('transaction')
      return toTransaction(row)
    },
    'read',
  )
}
