import { and, eq, inArray, sql } from 'drizzle-orm'
import { keepClients } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'

const t = transactionsTable
const rowsAtOnce = 1_000

/** Holds rows, and before them their clients, in the order every writer takes them. Ids that do not exist are passed over. */
export async function lockTransactions(tx: Tx, ctx: Ctx, ids: string[]): Promise<void> {
  await keepClients(
    tx,
    ctx,
    sql`(select distinct of_.client_id from transactions of_ where of_.firm_id = ${ctx.firmId} and of_.id = any (${sql.param(ids)}::uuid[]))`,
  )
  for (let from = 0; from < ids.length; from += rowsAtOnce) {
    await tx
      .select({ id: t.id })
      .from(t)
      .where(and(eq(t.firmId, ctx.firmId), inArray(t.id, ids.slice(from, from + rowsAtOnce))))
      .orderBy(t.date, t.id)
      .for('no key update')
  }
}
