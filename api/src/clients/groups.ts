import { and, eq, type SQL, sql } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import type { Ctx } from '../core/context.ts'
import { AppError, invalidField } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import type { Tx } from '../db/client.ts'
import { clientGroupsTable, clientsTable } from '../db/schema/clients.ts'
import { getVisibleClient } from './visibility.ts'

/**
 * Keeps a group from being deleted until the transaction ends, for whoever is about to put clients into it. Call it before the
 * clients are changed: a deletion holds the group first and then its clients.
 */
export async function holdGroup(tx: Tx, ctx: Ctx, groupId: string): Promise<void> {
  const [group] = await tx
    .select({ id: clientGroupsTable.id })
    .from(clientGroupsTable)
    .where(and(eq(clientGroupsTable.firmId, ctx.firmId), eq(clientGroupsTable.id, groupId)))
    .for('key share')
  if (group === undefined) throw invalidField('body.groupId', 'This group does not exist any more.')
}

/** The condition of a list's group filter over the column that names the group: an id, or `none`. */
export function ofGroup(groupColumn: SQL, groupId: string | undefined): SQL {
  if (groupId === undefined) return sql`true`
  return groupId === 'none' ? sql`${groupColumn} is null` : sql`${groupColumn} = ${groupId}::uuid`
}

/**
 * Puts a client into a group or, with null, out of theirs, in the caller's transaction. Throws `conflict` when it is so already; answers
 * the group it was in.
 */
export async function moveToGroup(tx: Tx, ctx: Ctx, clientId: string, groupId: string | null): Promise<string | null> {
  if (groupId !== null) await holdGroup(tx, ctx, groupId)
  const { groupId: before } = await getVisibleClient(tx, ctx, clientId)
  const changed = await tx
    .update(clientsTable)
    .set({ groupId })
    .where(
      and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId), sql`${clientsTable.groupId} is distinct from ${groupId}`),
    )
    .returning({ id: clientsTable.id })
  if (changed.length === 0) throw new AppError('conflict', groupId === null ? 'It is in no group.' : 'It is in this group already.')
  const details = { before: { groupId: before }, after: { groupId } }
  await recordAudit(tx, ctx, 'client.changed', { id: clientId, clientId, details })
  await publish(tx, ctx, 'clients', clientId)
  return before
}
