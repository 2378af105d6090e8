import { and, eq, gte, lte, type SQL, sql } from 'drizzle-orm'
import type { ClientChoice } from '@ledgersync/shared/common'
import { chosenClients } from '../clients/filter.ts'
import { getVisibleClient } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import { dayPattern, decodeCursor, idPattern } from '../core/cursor.ts'
import { invalidField } from '../core/errors.ts'
import { literally } from '../core/literally.ts'
import type { Tx } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import type { TransactionRow } from './view.ts'

const t = transactionsTable

/** The filters that every list of transactions has. */
export interface TransactionFilters extends ClientChoice {
  clientId?: string
  bankAccountId?: string
  search?: string
  from?: string
  to?: string
}

/** Refuses a period that ends before it begins, and a client the caller may not see. */
export async function checkFilters(tx: Tx, ctx: Ctx, { clientId, from, to }: TransactionFilters): Promise<void> {
  if (from !== undefined && to !== undefined && from > to) throw invalidField('query.to', 'The last date is before the first date.')
  if (clientId !== undefined) await getVisibleClient(tx, ctx, clientId)
}

/** The condition of the filters that are set. */
export function matchesFilters(ctx: Ctx, filters: TransactionFilters): SQL | undefined {
  const { clientId, bankAccountId, from, to } = filters
  const search = filters.search?.trim() ?? ''
  const pattern = `%${literally(search)}%`
  return and(
    clientId === undefined ? undefined : eq(t.clientId, clientId),
    chosenClients(ctx, sql`${t.clientId}`, filters),
    bankAccountId === undefined ? undefined : eq(t.bankAccountId, bankAccountId),
    search === '' ? undefined : sql`(${t.description} ilike ${pattern} or ${t.payee} ilike ${pattern})`,
    from === undefined ? undefined : gte(t.date, from),
    to === undefined ? undefined : lte(t.date, to),
  )
}

/** Newest first; the id makes the order total, so that pages neither repeat nor skip a row. */
export const newestFirst: SQL[] = [sql`${t.date} desc`, sql`${t.id} desc`]

/** The rows after a page's last one. */
export function afterCursor(cursor: string | undefined): SQL | undefined {
  const values = decodeCursor(cursor, [dayPattern, idPattern])
  return values === null ? undefined : sql`(${t.date}, ${t.id}) < (${values[0]}::date, ${values[1]}::uuid)`
}

export const keyOf = ({ row }: TransactionRow): string[] => [row.date, row.id]
