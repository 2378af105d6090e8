import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { holdGroup, moveToGroup } from '../clients/groups.ts'
import { readClient } from '../clients/queries.ts'
import { assignInBulk, isSameSet } from '../clients/service.ts'
import { setLocked } from '../connections/lock.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { bulkItemsTable, type BulkUndo } from '../db/schema/bulk.ts'
import { staffTable } from '../db/schema/firms.ts'

const changedSince = () => new AppError('conflict', 'Somebody has changed this since.')

/**
 * Takes back what a run did to a client, in the caller's transaction. Throws `conflict` where it is not as the run left it any more,
 * and whatever the step back refuses.
 */
export async function takeBack(tx: Tx, ctx: StaffCtx, clientId: string, runId: string): Promise<BulkUndo> {
  const undo = await readUndo(tx, ctx, clientId, runId)
  // The group before the client, as whoever deletes one holds them
  if (undo.kind === 'group' && undo.before !== null) await holdGroup(tx, ctx, undo.before)
  // Held, so that what is compared stays so until it is changed
  await tx.execute(sql`select from clients c where c.firm_id = ${ctx.firmId} and c.id = ${clientId} for no key update`)
  const { groupId, staffIds } = await readClient(tx, ctx, clientId)
  switch (undo.kind) {
    case 'group':
      if (groupId !== undo.after) throw changedSince()
      await moveToGroup(tx, ctx, clientId, undo.before)
      break
    case 'assign':
      if (!isSameSet(staffIds, undo.after)) throw changedSince()
      await assignInBulk(tx, ctx, clientId, { mode: 'replace', staffIds: await stillHere(tx, ctx, undo.before) })
      break
    case 'lock':
      await setLocked(tx, ctx, clientId, undo.before)
  }
  // Of each kind both have the same type, which TypeScript does not follow through the union
  return { ...undo, before: undo.after, after: undo.before } as BulkUndo
}

/** Who has left since gets nothing back. */
async function stillHere(tx: Tx, ctx: StaffCtx, staffIds: readonly string[]): Promise<string[]> {
  const here = and(eq(staffTable.firmId, ctx.firmId), inArray(staffTable.id, [...staffIds]), isNull(staffTable.deactivatedAt))
  return (await tx.select({ id: staffTable.id }).from(staffTable).where(here)).map(({ id }) => id)
}

async function readUndo(tx: Tx, ctx: StaffCtx, clientId: string, runId: string): Promise<BulkUndo> {
  const [item] = await tx
    .select({ undo: bulkItemsTable.undo })
    .from(bulkItemsTable)
    .where(and(eq(bulkItemsTable.firmId, ctx.firmId), eq(bulkItemsTable.runId, runId), eq(bulkItemsTable.clientId, clientId)))
  if (!item?.undo) throw changedSince()
  return item.undo
}
