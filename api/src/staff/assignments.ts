import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { ClientAssignment } from '@ledgersync/shared/team'
import { keepClients } from '../clients/visibility.ts'
import { recordAudits } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, invalidField, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'

/**
 * Assigns clients to somebody, or takes them away: the given ones, or all of a group. Who else is assigned stays. Answers how many
 * changed. Throws `not_found` for a person, a client or a group that is not the firm's, and changes nothing then.
 */
export async function assignClients(ctx: StaffCtx, staffId: string, input: ClientAssignment): Promise<number> {
  const { clientIds, groupId, assigned } = input
  if ((clientIds === undefined) === (groupId === undefined)) throw invalidField('body', 'Name either clients or a group.')
  return withFirm(ctx, async (tx) => {
    await holdWorking(tx, ctx, staffId)
    const which: SQL = groupId === undefined ? sql`c.id = any(${sql.param(clientIds)}::uuid[])` : sql`c.group_id = ${groupId}::uuid`
    const chosen = sql`(select c.id from clients c where c.firm_id = ${ctx.firmId} and ${which})`
    await keepClients(tx, ctx, chosen)
    if (clientIds !== undefined) await checkAll(tx, ctx, clientIds)
    if (groupId !== undefined) await checkGroup(tx, ctx, groupId)
    const { rows } = assigned
      ? await tx.execute<{ client_id: string }>(sql`
          insert into client_staff (firm_id, client_id, staff_id, assigned_at)
          select ${ctx.firmId}::uuid, x.id, ${staffId}::uuid, ${ctx.deps.now().toISOString()}::timestamptz from ${chosen} x(id)
          on conflict do nothing returning client_id`)
      : await tx.execute<{ client_id: string }>(sql`
          delete from client_staff a where a.firm_id = ${ctx.firmId} and a.staff_id = ${staffId} and a.client_id in ${chosen} returning client_id`)
    const changed = rows.map(({ client_id: clientId }) => ({ id: clientId, clientId, details: { staffId } }))
    await recordAudits(tx, ctx, assigned ? 'client.staff_added' : 'client.staff_removed', changed)
    // For everybody: who lost a client must see it go
    if (changed.length > 0) await publish(tx, ctx, 'clients', null)
    return changed.length
  })
}

async function holdWorking(tx: Tx, ctx: StaffCtx, staffId: string): Promise<void> {
  const [person] = await tx
    .select({ name: staffTable.name, deactivatedAt: staffTable.deactivatedAt })
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId)))
    .for('share')
  if (person === undefined) throw notFound('member of staff')
  if (person.deactivatedAt !== null) throw new AppError('conflict', `${person.name} has left. Take them back first.`)
}

async function checkAll(tx: Tx, ctx: StaffCtx, clientIds: readonly string[]): Promise<void> {
  const known = await tx.$count(
    clientsTable,
    and(eq(clientsTable.firmId, ctx.firmId), sql`${clientsTable.id} = any(${sql.param([...clientIds])}::uuid[])`),
  )
  if (known !== clientIds.length) throw notFound('client')
}

async function checkGroup(tx: Tx, ctx: StaffCtx, groupId: string): Promise<void> {
  const { rows } = await tx.execute(sql`select 1 from client_groups g where g.firm_id = ${ctx.firmId} and g.id = ${groupId}`)
  if (rows.length === 0) throw notFound('group')
}
