import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { invalidField } from '../core/errors.ts'
import type { Tx } from '../db/client.ts'
import { clientGroupsTable } from '../db/schema/clients.ts'

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

/** The same for lists of what clients have: `clientColumn` names the client. */
export function clientOfGroup(ctx: Ctx, clientColumn: SQL, groupId: string | undefined): SQL {
  if (groupId === undefined) return sql`true`
  return sql`${clientColumn} in (select gc.id from clients gc where gc.firm_id = ${ctx.firmId} and ${ofGroup(sql`gc.group_id`, groupId)})`
}

/** Worst health over the connections `n` of an aggregate; `none` when there is none. */
export const worstHealth: SQL = sql`case when count(n.id) = 0 then 'none' when bool_or(n.health = 'needs_client') then 'needs_client'
  when bool_or(n.health = 'bank_down') then 'bank_down' when bool_or(n.health = 'disconnected') then 'disconnected'
  when bool_or(n.health = 'syncing') then 'syncing' else 'healthy' end`
