import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { bulk, BulkAction, BulkItem, BulkRun, BulkStart } from '@ledgersync/shared/bulk'
import type { PickedClients } from '@ledgersync/shared/client-filter'
import type { Page } from '@ledgersync/shared/common'
import type { Input } from '@ledgersync/shared/endpoint'
import { clientConditions, pickedConditions } from '../clients/filter.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { decodeCursor, toPage } from '../core/cursor.ts'
import { enqueue } from '../core/enqueue.ts'
import { AppError, invalidField, notFound } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { bulkRunsTable } from '../db/schema/bulk.ts'
import { staffTable } from '../db/schema/firms.ts'
import { readTemplates } from '../messages/words.ts'

/**
 * Writes down what is to be done to which clients, and has a job do it. Throws `conflict` when no client matches, and refuses at
 * once what could be done to none of them.
 */
export async function startBulkRun(ctx: StaffCtx, { action, ...picked }: BulkStart): Promise<BulkRun> {
  const { clientIds } = picked
  const which = action.kind === 'undo' ? undoneConditions(ctx, action.runId, picked) : pickedConditions(ctx, picked)
  return withFirm(ctx, async (tx) => {
    await checkPossible(tx, ctx, action)
    const run = { firmId: ctx.firmId, id: newId(), staffId: ctx.actor.staffId, action, requestedAt: ctx.deps.now(), finishedAt: null }
    await tx.insert(bulkRunsTable).values(run)
    const { rowCount } = await tx.execute(sql`
      insert into bulk_items (firm_id, run_id, position, client_id, outcome)
      select l.firm_id, ${run.id}, row_number() over (order by l.name, l.client_id), l.client_id, 'waiting'
      from client_list l where ${which}`)
    if (clientIds !== undefined && rowCount !== clientIds.length) throw notFound('client')
    if (rowCount === null || rowCount === 0) throw new AppError('conflict', 'No client matches any more.')
    await recordAudit(tx, ctx, 'bulk.started', { id: run.id, details: { action, clients: rowCount } })
    await enqueueBulkRun(tx, ctx, run.id)
    return readRun(tx, ctx, run.id)
  })
}

/** The clients that an undo is of. */
function undoneConditions(ctx: StaffCtx, runId: string, { clientIds, filter }: PickedClients): SQL {
  if (clientIds !== undefined || filter !== undefined) throw invalidField('body', 'An undo is of all clients of its run.')
  return sql`${clientConditions(ctx, {})} and l.client_id in (select u.client_id from bulk_items u where u.firm_id = ${ctx.firmId} and u.run_id = ${runId} and u.undo is not null)`
}

async function checkPossible(tx: Tx, ctx: StaffCtx, action: BulkAction): Promise<void> {
  const { firmId, actor } = ctx
  if (action.kind === 'assign' && actor.role !== 'administrator') throw new AppError('forbidden', 'Only an administrator can assign staff.')
  if (action.kind === 'undo') return checkUndo(tx, ctx, action.runId)
  if (action.kind !== 'invite' && action.kind !== 'outreach') return
  if (action.kind === 'outreach') await readTemplates(tx, ctx, action.templateIds)
  const self = and(eq(staffTable.firmId, firmId), eq(staffTable.id, actor.staffId))
  const { verifiedAt } = one(await tx.select({ verifiedAt: staffTable.emailVerifiedAt }).from(staffTable).where(self))
  if (verifiedAt === null) throw new AppError('email_unverified', 'Verify your own e-mail first: your clients get messages in your name.')
}

/** An undo is of a run of one's own that is over. */
async function checkUndo(tx: Tx, ctx: StaffCtx, runId: string): Promise<void> {
  const { action, finishedAt } = await readRun(tx, ctx, runId)
  if (finishedAt === null) throw new AppError('conflict', 'It is not over yet.')
  if (action.kind === 'invite' || action.kind === 'outreach')
    throw new AppError('conflict', 'Invites that went out cannot be taken back. Revoke them one by one.')
}

/** Has the run gone on with; also where its job was lost. */
export async function enqueueBulkRun(tx: Tx, ctx: Ctx, runId: string): Promise<void> {
  await enqueue(tx, 'run_bulk', { firmId: ctx.firmId, runId }, { key: `run_bulk:${runId}`, queue: `bulk:${runId}`, priority: 'bulk' })
}

const mine = (ctx: StaffCtx) => and(eq(bulkRunsTable.firmId, ctx.firmId), eq(bulkRunsTable.staffId, ctx.actor.staffId))

const countOf = (outcome: string): SQL<number> =>
  sql<number>`(select count(*)::int from bulk_items i where i.firm_id = "bulk_runs"."firm_id" and i.run_id = "bulk_runs"."id" and i.outcome = ${outcome})`
const shown = {
  run: bulkRunsTable,
  total: sql<number>`(select count(*)::int from bulk_items i where i.firm_id = "bulk_runs"."firm_id" and i.run_id = "bulk_runs"."id")`,
  done: countOf('done'),
  skipped: countOf('skipped'),
  failed: countOf('failed'),
  undoable: sql<boolean>`exists (select from bulk_items i where i.firm_id = "bulk_runs"."firm_id" and i.run_id = "bulk_runs"."id" and i.undo is not null)`,
}

type Shown = { run: typeof bulkRunsTable.$inferSelect } & Pick<BulkRun, 'total' | 'done' | 'skipped' | 'failed' | 'undoable'>
const toRun = ({ run, ...counts }: Shown): BulkRun => ({
  id: run.id,
  action: run.action,
  requestedAt: run.requestedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
  ...counts,
})

async function readRun(tx: Tx, ctx: StaffCtx, runId: string): Promise<BulkRun> {
  const [found] = await tx
    .select(shown)
    .from(bulkRunsTable)
    .where(and(mine(ctx), eq(bulkRunsTable.id, runId)))
  if (found === undefined) throw notFound('run')
  return toRun(found)
}

/** One run of the person's own. */
export function getBulkRun(ctx: StaffCtx, runId: string): Promise<BulkRun> {
  return withFirm(ctx, (tx) => readRun(tx, ctx, runId), 'read')
}

const listMax = 10

/** The newest runs of the person's own. */
export async function listBulkRuns(ctx: StaffCtx): Promise<BulkRun[]> {
  const rows = await withFirm(
    ctx,
    (tx) =>
      tx.select(shown).from(bulkRunsTable).where(mine(ctx)).orderBy(desc(bulkRunsTable.requestedAt), desc(bulkRunsTable.id)).limit(listMax),
    'read',
  )
  return rows.map(toRun)
}

type ItemsQuery = NonNullable<Input<typeof bulk.items>['query']>
interface Found extends Record<string, unknown> {
  position: number
  client_id: string
  business_name: string
  outcome: BulkItem['outcome']
  reason: string | null
}

/** What came of each client of a run. A client that the person does not see any more is left out. */
export async function listBulkItems(ctx: StaffCtx, runId: string, { cursor, limit = 50, outcome }: ItemsQuery): Promise<Page<BulkItem>> {
  const [after = '0'] = decodeCursor(cursor, [/^\d{1,9}$/]) ?? []
  return withFirm(
    ctx,
    async (tx) => {
      await readRun(tx, ctx, runId)
      const { rows } = await tx.execute<Found>(sql`
        select i.position, i.client_id, c.business_name, i.outcome, i.reason
        from bulk_items i join client_list l on l.firm_id = i.firm_id and l.client_id = i.client_id
          join clients c on c.firm_id = i.firm_id and c.id = i.client_id
        where i.run_id = ${runId} and i.position > ${after}::integer and ${clientConditions(ctx, {})}
          and ${outcome === undefined ? sql`true` : sql`i.outcome = ${outcome}`}
        order by i.position limit ${limit + 1}`)
      return toPage(
        rows,
        limit,
        (row) => [String(row.position)],
        (row) => ({ clientId: row.client_id, businessName: row.business_name, outcome: row.outcome, reason: row.reason }),
      )
    },
    'read',
  )
}
