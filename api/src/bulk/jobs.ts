import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { BulkAction } from '@ledgersync/shared/bulk'
import { assignInBulk } from '../clients/service.ts'
import { moveToGroup } from '../clients/groups.ts'
import { setLocked } from '../connections/lock.ts'
import { type Deps, staffActor, type StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { bulkItemsTable, bulkRunsTable, type BulkUndo } from '../db/schema/bulk.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { settlePeople, type ToPeople } from './people.ts'
import { checkHere, refusalOf, type Run, type Settled } from './run.ts'
import { enqueueBulkRun } from './service.ts'
import { takeBack } from './undo.ts'

/** What is done to one client after the other. */
type OneByOne = Exclude<BulkAction, ToPeople>

/** Clients in one job; then others have their turn. */
const turnMax = 200

/**
 * Job: goes on with a run. What is done to a client and that it was done are one transaction, so that a run which is interrupted
 * anywhere goes on where it was and does nothing twice. It acts as the person who asked for it, with the role they have now.
 */
export async function runBulk(deps: Deps, { firmId, runId }: { firmId: string; runId: string }): Promise<void> {
  const found = await findRun(deps, firmId, runId)
  if (found === null) return
  const { ctx, action } = found
  if (action.kind === 'outreach' || action.kind === 'invite') {
    const isOver = await settlePeople({ ...found, action }, runId, turnMax)
    return isOver ? finish(ctx, runId) : again(ctx, runId)
  }
  for (let turn = 0; turn < turnMax; turn++) {
    const position = await nextPosition(ctx, runId)
    if (position === null) return finish(ctx, runId)
    await settleItem({ ...found, action }, { runId, position })
  }
  await again(ctx, runId)
}

const again = (ctx: StaffCtx, runId: string): Promise<void> => withFirm(ctx, (tx) => enqueueBulkRun(tx, ctx, runId))

async function findRun(deps: Deps, firmId: string, runId: string): Promise<Run | null> {
  const [row] = await withFirm(
    { deps, firmId },
    (tx) =>
      tx
        .select({ action: bulkRunsTable.action, staff: staffTable, assignAll: firmsTable.assignAll })
        .from(bulkRunsTable)
        .innerJoin(staffTable, and(eq(staffTable.firmId, bulkRunsTable.firmId), eq(staffTable.id, bulkRunsTable.staffId)))
        .innerJoin(firmsTable, eq(firmsTable.firmId, bulkRunsTable.firmId))
        .where(and(eq(bulkRunsTable.firmId, firmId), eq(bulkRunsTable.id, runId), isNull(bulkRunsTable.finishedAt))),
    'read',
  )
  if (row === undefined) return null
  // A job has no session; nothing it does looks for one
  const actor = staffActor(row.staff, runId, row.assignAll)
  return { ctx: { deps, firmId, actor, requestId: null, ip: null }, action: row.action, hasLeft: row.staff.deactivatedAt !== null }
}

async function nextPosition(ctx: StaffCtx, runId: string): Promise<number | null> {
  const [next] = await withFirm(
    ctx,
    (tx) =>
      tx
        .select({ position: bulkItemsTable.position })
        .from(bulkItemsTable)
        .where(and(eq(bulkItemsTable.firmId, ctx.firmId), eq(bulkItemsTable.runId, runId), eq(bulkItemsTable.outcome, 'waiting')))
        .orderBy(asc(bulkItemsTable.position))
        .limit(1),
    'read',
  )
  return next?.position ?? null
}

interface Item {
  runId: string
  position: number
}

const isItem = (ctx: StaffCtx, { runId, position }: Item) =>
  and(eq(bulkItemsTable.firmId, ctx.firmId), eq(bulkItemsTable.runId, runId), eq(bulkItemsTable.position, position))

/** Does it, or writes down why not. */
async function settleItem(run: Run<OneByOne>, item: Item): Promise<void> {
  const { ctx, action } = run
  try {
    checkHere(run)
    await withFirm(ctx, async (tx) => {
      const clientId = await settle(tx, ctx, item, { outcome: 'done', reason: null })
      if (clientId === null) return
      const undo = await act(tx, ctx, clientId, action)
      if (undo !== null) await tx.update(bulkItemsTable).set({ undo }).where(isItem(ctx, item))
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await withFirm(ctx, (tx) => settle(tx, ctx, item, refusalOf(error)))
  }
}

/** Gives a waiting item its outcome; answers its client, or null when somebody else was first. */
async function settle(tx: Tx, ctx: StaffCtx, item: Item, set: Settled): Promise<string | null> {
  const [settled] = await tx
    .update(bulkItemsTable)
    .set(set)
    .where(and(isItem(ctx, item), eq(bulkItemsTable.outcome, 'waiting')))
    .returning({ clientId: bulkItemsTable.clientId })
  return settled?.clientId ?? null
}

/** Does it to one client; answers what would take it back, or null when nothing can. */
async function act(tx: Tx, ctx: StaffCtx, clientId: string, action: OneByOne): Promise<BulkUndo | null> {
  switch (action.kind) {
    case 'assign':
      return { kind: 'assign', ...(await assignInBulk(tx, ctx, clientId, action)) }
    case 'group':
      return { kind: 'group', before: await moveToGroup(tx, ctx, clientId, action.groupId), after: action.groupId }
    case 'lock':
    case 'unlock': {
      const after = action.kind === 'lock'
      await setLocked(tx, ctx, clientId, after)
      return { kind: 'lock', before: !after, after }
    }
    case 'undo':
      return takeBack(tx, ctx, clientId, action.runId)
  }
}

/** Clients that were deleted meanwhile took their items along. */
async function finish(ctx: StaffCtx, runId: string): Promise<void> {
  await withFirm(ctx, (tx) =>
    tx
      .update(bulkRunsTable)
      .set({ finishedAt: ctx.deps.now() })
      .where(
        and(
          eq(bulkRunsTable.firmId, ctx.firmId),
          eq(bulkRunsTable.id, runId),
          isNull(bulkRunsTable.finishedAt),
          sql`not exists (select from bulk_items i where i.firm_id = ${ctx.firmId} and i.run_id = ${runId} and i.outcome = 'waiting')`,
        ),
      ),
  )
}
