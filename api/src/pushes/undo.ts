import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { PushBatch } from '@ledgersync/shared/pushes'
import { getVisibleClient, keepClients } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { pushBatchesTable, pushesTable } from '../db/schema/ledger.ts'
import { selectBatches } from './batches.ts'
import { wakePushes } from './service.ts'

const p = pushesTable

/**
 * Asks for one entry to be taken back out of QuickBooks: the intent is written here, a job does it. Throws `not_found`,
 * `conflict` when it does not stand there, and `books_not_connected`.
 */
export async function undoPush(ctx: StaffCtx, pushId: string): Promise<PushBatch> {
  return withFirm(ctx, async (tx) => {
    const [push] = await tx
      .select({ batchId: p.batchId })
      .from(p)
      .where(and(eq(p.firmId, ctx.firmId), eq(p.id, pushId)))
    if (push === undefined) throw notFound('entry')
    return undo(tx, ctx, { batchId: push.batchId, what: 'entry', which: eq(p.id, pushId) })
  })
}

/** Like {@link undoPush} for every entry of a batch that stands in QuickBooks. */
export async function undoBatch(ctx: StaffCtx, batchId: string): Promise<PushBatch> {
  return withFirm(ctx, (tx) => undo(tx, ctx, { batchId, what: 'batch', which: undefined }))
}

interface Wish {
  batchId: string
  what: 'entry' | 'batch'
  which: SQL | undefined
}

async function undo(tx: Tx, ctx: StaffCtx, { batchId, what, which }: Wish): Promise<PushBatch> {
  const b = pushBatchesTable
  await keepClients(tx, ctx, sql`(select b.client_id from push_batches b where b.firm_id = ${ctx.firmId} and b.id = ${batchId})`)
  const [batch] = await tx
    .select()
    .from(b)
    .where(and(eq(b.firmId, ctx.firmId), eq(b.id, batchId)))
    .for('update')
  if (batch === undefined) throw notFound(what)
  await getVisibleClient(tx, ctx, batch.clientId).catch(() => {
    throw notFound(what)
  })
  const [books] = await tx
    .select({ state: booksTable.state })
    .from(booksTable)
    .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, batch.booksId)))
  if (books?.state !== 'connected')
    throw new AppError('books_not_connected', 'The QuickBooks company these entries stand in is not connected. Connect it first.')
  const asked = await tx
    .update(p)
    .set({ state: 'undoing', reason: null, leaseUntil: null, undoRequestedAt: ctx.deps.now(), undoRequestedBy: ctx.actor.staffId })
    .where(and(eq(p.firmId, ctx.firmId), eq(p.batchId, batchId), which, eq(p.state, 'pushed'), isNull(p.replacedAt)))
    .returning({ transactionId: p.transactionId })
  if (asked.length === 0) throw new AppError('conflict', nothingToUndo[what])
  await tx
    .update(b)
    .set({ processedAt: null })
    .where(and(eq(b.firmId, ctx.firmId), eq(b.id, batchId)))
  const { clientId, booksId } = batch
  await recordAudit(tx, ctx, 'pushes.undo_requested', {
    id: batchId,
    clientId,
    details: { transactionIds: asked.map(({ transactionId }) => transactionId) },
  })
  await wakePushes(tx, ctx, booksId)
  for (const topic of ['pushes', 'transactions'] as const) await publish(tx, ctx, topic, clientId)
  return one(await selectBatches(tx, ctx, sql`b.id = ${batchId}`, 1))
}

const nothingToUndo = {
  entry: 'This entry does not stand in QuickBooks, or is being taken back already.',
  batch: 'Nothing of this batch stands in QuickBooks, or all of it is being taken back already.',
}
