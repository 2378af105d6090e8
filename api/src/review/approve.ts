import { and, eq, inArray } from 'drizzle-orm'
import type { RowOutcomes } from '@ledgersync/shared/review'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { transactionsTable } from '../db/schema/ledger.ts'
import { codeByRules } from '../rules/apply.ts'
import { lockTransactions } from '../transactions/locks.ts'
import { selectTransactions, type TransactionRow } from '../transactions/view.ts'
import { blockerReason, stageReason } from '../transactions/words.ts'

const t = transactionsTable
const unseen = 'This transaction does not exist, or you have no access to it.'

/**
 * Approves the rows that can be pushed and says of each other one what is missing. Approving twice changes nothing.
 * The rows are locked first, so that what was judged is what is approved.
 */
export async function approve(ctx: StaffCtx, { transactionIds }: { transactionIds: string[] }): Promise<RowOutcomes> {
  return withFirm(ctx, async (tx) => {
    const rows = await lockAndRead(tx, ctx, transactionIds)
    const refused = unknownIds(transactionIds, rows)
    const approvable: TransactionRow[] = []
    const done: string[] = []
    for (const found of rows) {
      const reason = whyNot(found)
      if (found.row.stage === 'approved') done.push(found.row.id)
      else if (reason === null) approvable.push(found)
      else refused.push({ transactionId: found.row.id, reason })
    }
    const ids = approvable.map(({ row }) => row.id)
    if (ids.length > 0) {
      const now = ctx.deps.now()
      await tx
        .update(t)
        .set({ stage: 'approved', approvedAt: now, approvedBy: ctx.actor.staffId, updatedAt: now })
        .where(and(eq(t.firmId, ctx.firmId), inArray(t.id, ids), inArray(t.stage, ['open', 'failed'])))
      await record(tx, ctx, 'transactions.approved', approvable)
    }
    return { done: [...done, ...ids], refused }
  })
}

/** Takes approval back, as long as the push has not begun; then rules code the row again. An open row counts as done. */
export async function unapprove(ctx: StaffCtx, { transactionIds }: { transactionIds: string[] }): Promise<RowOutcomes> {
  return withFirm(ctx, async (tx) => {
    const rows = await lockAndRead(tx, ctx, transactionIds)
    const refused = unknownIds(transactionIds, rows)
    for (const { row } of rows)
      if (!['approved', 'open', 'failed'].includes(row.stage)) refused.push({ transactionId: row.id, reason: stageReason(row.stage) })
    const approved = rows.filter(({ row }) => row.stage === 'approved')
    const ids = approved.map(({ row }) => row.id)
    if (ids.length > 0) {
      await tx
        .update(t)
        .set({ stage: 'open', approvedAt: null, approvedBy: null, updatedAt: ctx.deps.now() })
        .where(and(eq(t.firmId, ctx.firmId), inArray(t.id, ids), eq(t.stage, 'approved')))
      await record(tx, ctx, 'transactions.unapproved', approved)
      // Rules may have changed while approval kept them away
      for (const [clientId, reopened] of byClient(approved)) await codeByRules(tx, ctx, clientId, reopened)
    }
    const untouched = rows.filter(({ row }) => row.stage === 'open' || row.stage === 'failed').map(({ row }) => row.id)
    return { done: [...ids, ...untouched], refused }
  })
}

async function lockAndRead(tx: Tx, ctx: StaffCtx, ids: string[]): Promise<TransactionRow[]> {
  await lockTransactions(tx, ctx, ids)
  return selectTransactions(tx, ctx, { where: inArray(t.id, ids) })
}

function unknownIds(ids: string[], rows: TransactionRow[]): RowOutcomes['refused'] {
  const known = new Set(rows.map(({ row }) => row.id))
  return ids.filter((id) => !known.has(id)).map((transactionId) => ({ transactionId, reason: unseen }))
}

/** What is missing before the row can be approved; null when nothing is. */
function whyNot({ row, bucket, blockers }: TransactionRow): string | null {
  if (row.stage !== 'open' && row.stage !== 'failed') return stageReason(row.stage)
  if (bucket === 'needs_review') return 'Choose a category first.'
  return blockers.length === 0 ? null : blockers.map(blockerReason).join(' ')
}

/** Ids of the rows by their client. */
function byClient(rows: TransactionRow[]): Map<string, string[]> {
  const ids = new Map<string, string[]>()
  for (const { row } of rows) ids.set(row.clientId, [...(ids.get(row.clientId) ?? []), row.id])
  return ids
}

/** One entry for each client, so that a client's history has it, and the client's deletion finds it. */
async function record(tx: Tx, ctx: StaffCtx, action: string, rows: TransactionRow[]): Promise<void> {
  for (const [clientId, transactionIds] of byClient(rows)) {
    await recordAudit(tx, ctx, action, { clientId, details: { transactionIds } })
    await publish(tx, ctx, 'transactions', clientId)
  }
}
