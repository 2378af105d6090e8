import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Input } from '@ledgersync/shared/endpoint'
import type { PushBatch, pushes } from '@ledgersync/shared/pushes'
import type { RowOutcomes } from '@ledgersync/shared/review'
import { getVisibleClient, keepClients } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import { AppError, notFound } from '../core/errors.ts'
import { groupBy } from '../core/group-by.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { pushBatchesTable, pushesTable, transactionsTable } from '../db/schema/ledger.ts'
import { visibleTransactions } from '../transactions/view.ts'
import { selectBatches } from './batches.ts'
import { insertPushes, lockRows, type NewPush, sortOut } from './rows.ts'

const t = transactionsTable
const rowsMax = 10_000

/**
 * Wakes the company's own queue of work; companies run side by side, entries of one company in order. Whoever wakes it for later
 * (`runAt`) leaves it to a sooner call that came meanwhile, which sees for itself when to come back.
 */
export async function wakePushes(tx: Tx, ctx: Ctx, booksId: string, runAt?: Date): Promise<void> {
  await enqueue(
    tx,
    'push_books',
    { firmId: ctx.firmId, booksId },
    { key: `push_books:${booksId}`, queue: `push:${booksId}`, ...(runAt && { runAt, keepRunAt: true }) },
  )
}

/**
 * Pushes the given approved rows, or all approved rows of a client or of every client the caller may see: one batch per
 * company. Rows that cannot be pushed are answered with the reason. A row that is on its way is never pushed again.
 */
export async function createPushes(
  ctx: StaffCtx,
  input: Input<typeof pushes.create>['body'],
): Promise<{ batches: PushBatch[]; refused: RowOutcomes['refused'] }> {
  return withFirm(ctx, async (tx) => {
    if (input.clientId !== undefined) await getVisibleClient(tx, ctx, input.clientId)
    const ids = input.transactionIds ?? (await approvedIds(tx, ctx, input.clientId))
    const { pushable, refused } = sortOut(ids, await lockRows(tx, ctx, ids))
    const batchIds = new Map<string, string>()
    for (const { row } of pushable) if (!batchIds.has(row.clientId)) batchIds.set(row.clientId, newId())
    const batchIdOf = (clientId: string): string => {
      const id = batchIds.get(clientId)
      if (id === undefined) throw new Error('Every pushable row has a batch')
      return id
    }
    const booksByClient = await currentBooks(tx, ctx)
    for (const [clientId, id] of batchIds) {
      const booksId = booksByClient.get(clientId)
      if (booksId === undefined) throw new Error('A pushable row has books')
      await tx
        .insert(pushBatchesTable)
        .values({ firmId: ctx.firmId, id, clientId, booksId, requestedAt: ctx.deps.now(), requestedBy: ctx.actor.staffId })
    }
    await announce(tx, ctx, await insertPushes(tx, ctx, pushable, batchIdOf), 'pushes.requested')
    const batches =
      batchIds.size === 0
        ? []
        : await selectBatches(tx, ctx, sql`b.id in (select unnest(${sql.param([...batchIds.values()])}::uuid[]))`, rowsMax)
    return { batches, refused }
  })
}

async function currentBooks(tx: Tx, ctx: Ctx): Promise<Map<string, string>> {
  const rows = await tx
    .select({ id: booksTable.id, clientId: booksTable.clientId })
    .from(booksTable)
    .where(and(eq(booksTable.firmId, ctx.firmId), sql`${booksTable.state} <> 'disconnected'`))
  return new Map(rows.map(({ id, clientId }) => [clientId, id]))
}

async function approvedIds(tx: Tx, ctx: StaffCtx, clientId: string | undefined): Promise<string[]> {
  const ofClient = clientId === undefined ? undefined : eq(t.clientId, clientId)
  const rows = await tx
    .select({ id: t.id })
    .from(t)
    .where(and(visibleTransactions(ctx), eq(t.stage, 'approved'), ofClient))
    .orderBy(t.date, t.id)
    .limit(rowsMax)
  return rows.map(({ id }) => id)
}

/** Audit, wake-up and live events of new pushes, once per company. */
async function announce(tx: Tx, ctx: StaffCtx, made: NewPush[], action: string): Promise<void> {
  for (const [batchId, rows] of groupBy(made, (push) => push.batchId)) {
    const [first] = rows
    await recordAudit(tx, ctx, action, {
      id: batchId,
      clientId: first.clientId,
      details: { transactionIds: rows.map(({ transactionId }) => transactionId) },
    })
    await wakePushes(tx, ctx, first.booksId)
    await publish(tx, ctx, 'pushes', first.clientId)
    await publish(tx, ctx, 'transactions', first.clientId)
  }
}

/**
 * Queues the failed entries of a batch again, coded as the rows are now. Rows that still cannot be pushed keep their failure,
 * with today's reason. What stands in QuickBooks is not sent again.
 */
export async function retryBatch(ctx: StaffCtx, batchId: string): Promise<PushBatch> {
  return withFirm(ctx, async (tx) => {
    await keepClients(tx, ctx, sql`(select b.client_id from push_batches b where b.firm_id = ${ctx.firmId} and b.id = ${batchId})`)
    const [batch] = await tx
      .select()
      .from(pushBatchesTable)
      .where(and(eq(pushBatchesTable.firmId, ctx.firmId), eq(pushBatchesTable.id, batchId)))
      .for('update')
    if (batch === undefined) throw notFound('batch')
    await getVisibleClient(tx, ctx, batch.clientId).catch(() => {
      throw notFound('batch')
    })
    const p = pushesTable
    const failed = await tx
      .select({ transactionId: p.transactionId })
      .from(p)
      .where(and(eq(p.firmId, ctx.firmId), eq(p.batchId, batchId), eq(p.state, 'failed'), isNull(p.replacedAt)))
    if (failed.length === 0) throw new AppError('conflict', 'Nothing of this batch has failed.')
    const ids = failed.map(({ transactionId }) => transactionId)
    const rows = await lockRows(tx, ctx, ids)
    // Asking for a retry is asking for the approved entry again
    const again = rows.map((found) =>
      found.row.stage === 'failed' ? { ...found, row: { ...found.row, stage: 'approved' as const } } : found,
    )
    const { pushable, refused } = sortOut(ids, again)
    for (const { transactionId, reason } of refused) {
      await tx
        .update(p)
        .set({ reason })
        .where(
          and(
            eq(p.firmId, ctx.firmId),
            eq(p.batchId, batchId),
            eq(p.transactionId, transactionId),
            eq(p.state, 'failed'),
            isNull(p.replacedAt),
          ),
        )
    }
    const made = await insertPushes(tx, ctx, pushable, () => batchId)
    if (made.length > 0)
      await tx
        .update(pushBatchesTable)
        .set({ processedAt: null })
        .where(and(eq(pushBatchesTable.firmId, ctx.firmId), eq(pushBatchesTable.id, batchId)))
    await announce(tx, ctx, made, 'pushes.retried')
    return one(await selectBatches(tx, ctx, sql`b.id = ${batchId}`, 1))
  })
}
