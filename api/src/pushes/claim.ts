import { and, asc, eq, inArray, isNull, lt, min, sql } from 'drizzle-orm'
import { keepClients } from '../clients/visibility.ts'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { booksTable } from '../db/schema/books.ts'
import { pushBatchesTable, pushesTable, transactionsTable } from '../db/schema/ledger.ts'
import type { PostOutcome } from '../providers/quickbooks/types.ts'
import { releaseRows } from './release-rows.ts'

const p = pushesTable
const t = transactionsTable
type PushRow = typeof p.$inferSelect

/** Intuit takes at most 30 entries a request. */
const entriesPerRequest = 30
/** Of a request: the wait for its turn, ours for an answer (30 s), and theirs (120 s). */
const requestMs = 160_000
const leaseMs = 180_000

/** Entries of one request. `doubtful`: a request of theirs may have been answered without our hearing it. */
export interface Claim {
  requestId: string
  /** Names this claim in its rows: who has taken them over since has another. */
  leaseUntil: Date
  doubtful: boolean
  /** In the order they were, or will be, sent. */
  pushes: PushRow[]
}

const ofBooks = (ctx: Ctx, booksId: string) => and(eq(p.firmId, ctx.firmId), eq(p.booksId, booksId))

/**
 * Leases the next entries of a company: first those whose lease has run out, by the request they went out with, then up to 30
 * that wait. The request id and each entry's place in it are fixed here, before any call. Null when nothing is to be done now.
 */
export async function claimPushes(ctx: Ctx, booksId: string): Promise<Claim | null> {
  return withFirm(ctx, async (tx) => {
    const [books] = await tx
      .select({ state: booksTable.state })
      .from(booksTable)
      .where(and(eq(booksTable.firmId, ctx.firmId), eq(booksTable.id, booksId)))
      .for('no key update')
    if (books?.state !== 'connected') return null
    const now = ctx.deps.now()
    const leaseUntil = new Date(now.getTime() + leaseMs)
    const lease = { leaseUntil, attempts: sql`${p.attempts} + 1` }
    const [left] = await tx
      .select({ requestId: p.requestId })
      .from(p)
      .where(and(ofBooks(ctx, booksId), eq(p.state, 'sending'), lt(p.leaseUntil, now)))
      .orderBy(asc(p.createdAt), asc(p.id))
      .limit(1)
    if (left?.requestId) {
      const pushes = await tx
        .update(p)
        .set(lease)
        .where(and(ofBooks(ctx, booksId), eq(p.state, 'sending'), eq(p.requestId, left.requestId)))
        .returning()
      return { requestId: left.requestId, leaseUntil, doubtful: true, pushes: inSendingOrder(pushes) }
    }
    const waiting = await tx
      .select({ id: p.id })
      .from(p)
      .where(and(ofBooks(ctx, booksId), eq(p.state, 'queued')))
      .orderBy(asc(p.createdAt), asc(p.id))
      .limit(entriesPerRequest)
    if (waiting.length === 0) return null
    const requestId = newId()
    const ids = waiting.map(({ id }) => id)
    const pushes = await tx
      .update(p)
      .set({ ...lease, state: 'sending', requestId, requestItem: sql`array_position(${sql.param(ids)}::uuid[], ${p.id})` })
      .where(and(ofBooks(ctx, booksId), inArray(p.id, ids), eq(p.state, 'queued')))
      .returning()
    return { requestId, leaseUntil, doubtful: false, pushes: inSendingOrder(pushes) }
  })
}

const inSendingOrder = (pushes: PushRow[]): PushRow[] => pushes.sort((a, b) => (a.requestItem ?? 0) - (b.requestItem ?? 0))

/** When the first lease of a connected company's entries ends; null when none is leased. */
export async function nextLeaseEnd(ctx: Ctx, booksId: string): Promise<Date | null> {
  const [row] = await withFirm(
    ctx,
    (tx) =>
      tx
        .select({ at: min(p.leaseUntil) })
        .from(p)
        .innerJoin(booksTable, and(eq(booksTable.firmId, p.firmId), eq(booksTable.id, p.booksId), eq(booksTable.state, 'connected')))
        .where(and(ofBooks(ctx, booksId), inArray(p.state, ['sending', 'undoing']))),
    'read',
  )
  return row?.at ?? null
}

/** The entries of a claim that are still its own. */
const heldBy = (ctx: Ctx, { pushes, leaseUntil }: Claim) =>
  and(
    eq(p.firmId, ctx.firmId),
    inArray(
      p.id,
      pushes.map(({ id }) => id),
    ),
    eq(p.state, 'sending'),
    eq(p.leaseUntil, leaseUntil),
  )

/**
 * The request that follows at once, under a lease that outlasts it. Null when somebody has taken its entries over, for whoever
 * claimed them may have been kept waiting for that long. `pushes`, when they are not all of the claim's, get a request id of their
 * own: the set has changed, so it is another request.
 */
export async function leaseForRequest(ctx: Ctx, claim: Claim, pushes: PushRow[]): Promise<Claim | null> {
  const now = ctx.deps.now().getTime()
  const isWhole = pushes.length === claim.pushes.length
  if (isWhole && claim.leaseUntil.getTime() - now >= requestMs) return claim
  const leaseUntil = new Date(now + leaseMs)
  const requestId = isWhole ? claim.requestId : newId()
  const ids = pushes.map(({ id }) => id)
  const place = isWhole ? {} : { requestId, requestItem: sql`array_position(${sql.param(ids)}::uuid[], ${p.id})` }
  return withFirm(ctx, async (tx) => {
    const held = await tx
      .select({ id: p.id })
      .from(p)
      .where(heldBy(ctx, { ...claim, pushes }))
      .orderBy(asc(p.id))
      .for('no key update')
    if (held.length < pushes.length) return null
    await tx
      .update(p)
      .set({ leaseUntil, ...place })
      .where(heldBy(ctx, { ...claim, pushes }))
    return { requestId, leaseUntil, doubtful: claim.doubtful && isWhole, pushes }
  })
}

/** Puts entries back that certainly were not taken. */
export async function releasePushes(ctx: Ctx, claim: Claim): Promise<void> {
  const set = { state: 'queued', requestId: null, requestItem: null, leaseUntil: null } as const
  await withFirm(ctx, (tx) => tx.update(p).set(set).where(heldBy(ctx, claim)))
}

/** Leaves entries doubtful, to be looked up after `waitMs`. */
export async function doubtPushes(ctx: Ctx, claim: Claim, waitMs: number): Promise<void> {
  const leaseUntil = new Date(ctx.deps.now().getTime() + waitMs)
  await withFirm(ctx, (tx) => tx.update(p).set({ leaseUntil }).where(heldBy(ctx, claim)))
}

/** What became of one entry, in our words. */
export type Settlement = { pushId: string } & (
  | { posted: Extract<PostOutcome, { posted: unknown }>['posted'] }
  | { refused: { code: string; reason: string } }
)

/**
 * Records answers: the entry and its row move together, and a batch with nothing left is processed. An entry that was recorded
 * before stays as it is, so recording twice changes nothing.
 */
export async function settlePushes(ctx: Ctx, settlements: Settlement[]): Promise<void> {
  if (settlements.length === 0) return
  await withFirm(ctx, async (tx) => {
    const ids = sql.param(settlements.map(({ pushId }) => pushId))
    await keepClients(tx, ctx, sql`(select p.client_id from pushes p where p.firm_id = ${ctx.firmId} and p.id = any (${ids}::uuid[]))`)
    const now = ctx.deps.now()
    const rows = settlements.map((each) =>
      'posted' in each
        ? {
            id: each.pushId,
            state: 'pushed',
            entity: each.posted.entity,
            entry: each.posted.providerEntryId,
            token: each.posted.syncToken,
            code: null,
            reason: null,
          }
        : {
            id: each.pushId,
            state: 'failed',
            entity: null,
            entry: null,
            token: null,
            code: each.refused.code,
            reason: each.refused.reason,
          },
    )
    const settled = await tx.execute<{
      id: string
      transaction_id: string
      batch_id: string
      client_id: string
      state: 'pushed' | 'failed'
    }>(sql`
      update pushes p set state = n.state, provider_entity = n.entity, provider_entry_id = n.entry, sync_token = n.token, error_code = n.code, reason = n.reason,
        lease_until = null, settled_at = ${now.toISOString()}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(id uuid, state text, entity text, entry text, token text, code text, reason text)
      where p.firm_id = ${ctx.firmId} and p.id = n.id and p.state = 'sending'
      returning p.id, p.transaction_id, p.batch_id, p.client_id, p.state`)
    const pushed = settled.rows.filter((row) => row.state === 'pushed').map((row) => row.transaction_id)
    if (pushed.length > 0)
      await tx
        .update(t)
        .set({ stage: 'pushed', updatedAt: now })
        .where(and(eq(t.firmId, ctx.firmId), inArray(t.id, pushed), eq(t.stage, 'pushing')))
    const failed = settled.rows.filter((row) => row.state === 'failed').map((row) => row.id)
    await releaseRows(tx, ctx, failed, { from: 'pushing', to: 'failed' })
    await finishBatches(tx, ctx, [...new Set(settled.rows.map((row) => row.batch_id))])
    for (const clientId of new Set(settled.rows.map((row) => row.client_id))) {
      await publish(tx, ctx, 'pushes', clientId)
      await publish(tx, ctx, 'transactions', clientId)
    }
  })
}

/** Marks batches as processed of which nothing is under way. */
export async function finishBatches(tx: Tx, ctx: Ctx, batchIds: string[]): Promise<void> {
  if (batchIds.length === 0) return
  const b = pushBatchesTable
  const nothingLeft = sql`not exists (select 1 from pushes left_ where left_.firm_id = ${ctx.firmId} and left_.batch_id = push_batches.id and left_.state in ('queued', 'sending', 'undoing'))`
  await tx
    .update(b)
    .set({ processedAt: ctx.deps.now() })
    .where(and(eq(b.firmId, ctx.firmId), inArray(b.id, batchIds), isNull(b.processedAt), nothingLeft))
}
