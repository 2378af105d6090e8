import { and, asc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { keepClients } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { pushesTable } from '../db/schema/ledger.ts'
import type { PostedEntry } from '../providers/quickbooks/types.ts'
import { finishBatches } from './claim.ts'
import { releaseRows } from './release-rows.ts'

const p = pushesTable
/** Intuit takes at most 30 items a batch. */
const undosPerBatch = 30
/** Longer than the calls of one batch may take, ours and theirs. */
const leaseMs = 240_000

/** An entry that is to be taken back, as it was when we last saw it. */
export interface Undo extends PostedEntry {
  pushId: string
}

/** Leases the next entries of a connected company that are to be taken back; empty when there are none, or others hold them. */
export async function claimUndos(ctx: Ctx, booksId: string): Promise<Undo[]> {
  return withFirm(ctx, async (tx) => {
    const [books] = await tx
      .select({ state: booksTable.state })
      .from(booksTable)
      .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, booksId)))
      .for('no key update')
    if (books?.state !== 'connected') return []
    const now = ctx.deps.now()
    const free = and(
      eq(p.firmId, ctx.firmId),
      eq(p.booksId, booksId),
      eq(p.state, 'undoing'),
      or(isNull(p.leaseUntil), lt(p.leaseUntil, now)),
    )
    const waiting = await tx.select({ id: p.id }).from(p).where(free).orderBy(asc(p.undoRequestedAt), asc(p.id)).limit(undosPerBatch)
    if (waiting.length === 0) return []
    const ids = waiting.map(({ id }) => id)
    const rows = await tx
      .update(p)
      .set({ leaseUntil: new Date(now.getTime() + leaseMs) })
      .where(and(free, inArray(p.id, ids)))
      .returning()
    return rows.map(({ id, providerEntryId, providerEntity, syncToken }) => {
      if (providerEntryId === null || providerEntity === null || syncToken === null)
        throw new Error('What stands in QuickBooks has its id there')
      return { pushId: id, providerEntryId, entity: providerEntity, syncToken }
    })
  })
}

/** Leaves entries to be looked at again after `waitMs`. */
export async function postponeUndos(ctx: Ctx, undos: Undo[], waitMs: number): Promise<void> {
  const ids = undos.map(({ pushId }) => pushId)
  await withFirm(ctx, (tx) =>
    tx
      .update(p)
      .set({ leaseUntil: new Date(ctx.deps.now().getTime() + waitMs) })
      .where(and(eq(p.firmId, ctx.firmId), inArray(p.id, ids), eq(p.state, 'undoing'))),
  )
}

/** Taken back, or held back with the reason; `reason` of one that is undone says what was found. */
export interface UndoOutcome {
  pushId: string
  undone: boolean
  reason: string | null
}

interface Settled extends Record<string, unknown> {
  id: string
  transaction_id: string
  batch_id: string
  client_id: string
  state: 'undone' | 'pushed'
  reason: string | null
}

/**
 * Records what became of entries: one that is gone gives its row back to where it was before the push, one that was held back
 * stays pushed. Recording twice changes nothing.
 */
export async function settleUndos(ctx: Ctx, outcomes: UndoOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  await withFirm(ctx, async (tx) => {
    const ids = sql.param(outcomes.map(({ pushId }) => pushId))
    await keepClients(tx, ctx, sql`(select p.client_id from pushes p where p.firm_id = ${ctx.firmId} and p.id = any (${ids}::uuid[]))`)
    const rows = outcomes.map(({ pushId, undone, reason }) => ({ id: pushId, state: undone ? 'undone' : 'pushed', reason }))
    const now = sql`${ctx.deps.now().toISOString()}::timestamptz`
    const { rows: settled } = await tx.execute<Settled>(sql`
      update pushes p set state = n.state, reason = n.reason, lease_until = null,
        settled_at = case when n.state = 'undone' then ${now} else p.settled_at end
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(id uuid, state text, reason text)
      where p.firm_id = ${ctx.firmId} and p.id = n.id and p.state = 'undoing'
      returning p.id, p.transaction_id, p.batch_id, p.client_id, p.state, p.reason`)
    const undone = settled.filter(({ state }) => state === 'undone')
    await releaseRows(
      tx,
      ctx,
      undone.map(({ id }) => id),
      { from: 'pushed', to: 'approved' },
    )
    await finishBatches(tx, ctx, [...new Set(settled.map((row) => row.batch_id))])
    await recordSettled(tx, ctx, settled)
  })
}

async function recordSettled(tx: Tx, ctx: Ctx, settled: Settled[]): Promise<void> {
  const clientOf = new Map(settled.map((row) => [row.batch_id, row.client_id]))
  for (const [id, clientId] of clientOf) {
    const ofBatch = settled.filter((row) => row.batch_id === id)
    const transactionIds = ofBatch.filter(({ state }) => state === 'undone').map((row) => row.transaction_id)
    const held = ofBatch.filter(({ state }) => state === 'pushed').map((row) => ({ transactionId: row.transaction_id, reason: row.reason }))
    if (transactionIds.length > 0) await recordAudit(tx, ctx, 'pushes.undone', { id, clientId, details: { transactionIds } })
    if (held.length > 0) await recordAudit(tx, ctx, 'pushes.undo_held_back', { id, clientId, details: { held } })
    for (const topic of ['pushes', 'transactions'] as const) await publish(tx, ctx, topic, clientId)
  }
}
