import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import type { Push, PushBatch, pushes } from '@ledgersync/shared/pushes'
import { chosenClients } from '../clients/filter.ts'
import { getVisibleClient, visibleClient } from '../clients/visibility.ts'
import type { StaffCtx } from '../core/context.ts'
import { decodeCursor, idPattern, instantPattern, toPage } from '../core/cursor.ts'
import { notFound } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { pushesTable, transactionsTable } from '../db/schema/ledger.ts'

/** One batch with its tallies. Dates come as JavaScript dates, for the driver reads timestamps. */
interface BatchRow extends Record<string, unknown> {
  id: string
  client_id: string
  client_name: string
  requested_at: string
  requested_by: string
  processed_at: string | null
  books_state: string
  count: number
  pushed: number
  failed: number
  undoing: number
  undone: number
  held_back: number
  undone_by: string | null
}

function stateOf(row: BatchRow): PushBatch['state'] {
  const settled = row.pushed + row.failed + row.undone
  const waiting = row.count - settled - row.undoing
  if (waiting + row.undoing > 0 && row.books_state !== 'connected') return 'reconnect'
  if (waiting > 0) return settled > 0 ? 'running' : 'waiting'
  if (row.undoing > 0) return 'undoing'
  if (row.failed > 0) return 'failed'
  return row.undone === row.count ? 'undone' : 'done'
}

function toBatch(row: BatchRow): PushBatch {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    requestedAt: new Date(row.requested_at).toISOString(),
    requestedBy: row.requested_by,
    processedAt: row.processed_at === null ? null : new Date(row.processed_at).toISOString(),
    count: row.count,
    pushed: row.pushed,
    failed: row.failed,
    undoing: row.undoing,
    undone: row.undone,
    heldBack: row.held_back,
    undoneBy: row.undone_by,
    state: stateOf(row),
  }
}

/** Batches of clients the caller may see, newest first, each with its tallies. `where` may use `b` (the batch) and `n` (its tallies). */
async function selectBatchRows(tx: Tx, ctx: StaffCtx, where: SQL, limit: number): Promise<BatchRow[]> {
  const result = await tx.execute<BatchRow>(sql`
    select b.id, b.client_id, c.business_name as client_name, b.requested_at, s.name as requested_by, b.processed_at, k.state as books_state, n.*, u.name as undone_by
    from push_batches b
    join clients c on c.firm_id = b.firm_id and c.id = b.client_id
    join staff s on s.firm_id = b.firm_id and s.id = b.requested_by
    join books k on k.firm_id = b.firm_id and k.id = b.books_id
    cross join lateral (
      select count(*)::int as count, (count(*) filter (where p.state = 'pushed'))::int as pushed, (count(*) filter (where p.state = 'failed'))::int as failed,
        (count(*) filter (where p.state = 'undoing'))::int as undoing, (count(*) filter (where p.state = 'undone'))::int as undone,
        (count(*) filter (where p.state = 'pushed' and p.reason is not null))::int as held_back
      from pushes p where p.firm_id = b.firm_id and p.batch_id = b.id and p.replaced_at is null
    ) n
    left join lateral (
      select s.name from pushes p join staff s on s.firm_id = p.firm_id and s.id = p.undo_requested_by
      where p.firm_id = b.firm_id and p.batch_id = b.id and p.state = 'undone' order by p.undo_requested_at desc limit 1
    ) u on n.undone > 0
    where b.firm_id = ${ctx.firmId} and ${visibleClient(ctx, sql`b.client_id`)} and ${where}
    order by b.requested_at desc, b.id desc limit ${limit}`)
  return result.rows
}

/** See {@link selectBatchRows}. */
export async function selectBatches(tx: Tx, ctx: StaffCtx, where: SQL, limit: number): Promise<PushBatch[]> {
  return (await selectBatchRows(tx, ctx, where, limit)).map(toBatch)
}

const views = {
  all: sql`true`,
  running: sql`b.processed_at is null`,
  failed: sql`n.failed > 0`,
  done: sql`b.processed_at is not null and n.failed = 0 and n.undone < n.count`,
  undone: sql`n.undone > 0`,
} as const

/** A page of Sync Status. */
export async function listBatches(ctx: StaffCtx, query: Input<typeof pushes.list>['query']): Promise<Page<PushBatch>> {
  const { limit = 50, clientId, view = 'all' } = query
  const cursor = decodeCursor(query.cursor, [instantPattern, idPattern])
  return withFirm(
    ctx,
    async (tx) => {
      if (clientId !== undefined) await getVisibleClient(tx, ctx, clientId)
      const ofClient = clientId === undefined ? sql`true` : sql`b.client_id = ${clientId}`
      const after = cursor === null ? sql`true` : sql`(b.requested_at, b.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`
      const rows = await selectBatchRows(
        tx,
        ctx,
        sql`${ofClient} and ${chosenClients(ctx, sql`b.client_id`, query)} and ${after} and ${views[view]}`,
        limit + 1,
      )
      return toPage(rows, limit, (row) => [new Date(row.requested_at).toISOString(), row.id], toBatch)
    },
    'read',
  )
}

/** One batch with its entries: failed ones first, then those that could not be taken back. */
export async function getBatch(ctx: StaffCtx, batchId: string): Promise<{ batch: PushBatch; entries: Push[] }> {
  return withFirm(
    ctx,
    async (tx) => {
      const [batch] = await selectBatches(tx, ctx, sql`b.id = ${batchId}`, 1)
      if (batch === undefined) throw notFound('batch')
      const p = pushesTable
      const rows = await tx
        .select({ push: p, date: transactionsTable.date, description: transactionsTable.description, realmId: booksTable.realmId })
        .from(p)
        .innerJoin(transactionsTable, and(eq(transactionsTable.firmId, p.firmId), eq(transactionsTable.id, p.transactionId)))
        .innerJoin(booksTable, and(eq(booksTable.firmId, p.firmId), eq(booksTable.id, p.booksId)))
        .where(and(eq(p.firmId, ctx.firmId), eq(p.batchId, batchId), isNull(p.replacedAt)))
        .orderBy(sql`${p.state} <> 'failed'`, sql`${p.reason} is null`, asc(transactionsTable.date), asc(p.id))
      const entries = rows.map(({ push, date, description, realmId }): Push => {
        const { id, transactionId, kind, amountMinor, currency, state, reason, providerEntryId, providerEntity } = push
        const url =
          providerEntryId === null || providerEntity === null || state === 'undone'
            ? null
            : ctx.deps.quickbooks.entryUrl(providerEntity, providerEntryId, realmId)
        return { id, transactionId, date, description, kind, amountMinor, currency, state, reason, url }
      })
      return { batch, entries }
    },
    'read',
  )
}
