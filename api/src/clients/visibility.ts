import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'

/**
 * The condition every query over clients carries: the firm, and for employees the assignment.
 * `clientId` is the column (or value) that names the client.
 */
export function visibleClient(ctx: Ctx, clientId: SQL | typeof clientsTable.id): SQL {
  if (ctx.actor.kind !== 'staff' || ctx.actor.seesAllClients) return sql`true`
  // The column stands outside the sub-select: inside, drizzle may print it without its table and it would name another.
  return sql`${clientId} in (select cs.client_id from client_staff cs where cs.firm_id = ${ctx.firmId} and cs.staff_id = ${ctx.actor.staffId})`
}

/** The client, or `not_found`: another firm's and an unassigned client are the same 404. */
export async function getVisibleClient(tx: Tx, ctx: Ctx, clientId: string): Promise<typeof clientsTable.$inferSelect> {
  const [client] = await tx
    .select()
    .from(clientsTable)
    .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId), visibleClient(ctx, clientsTable.id)))
  if (client === undefined) throw notFound('client')
  return client
}

/** Like {@link getVisibleClient}, for what a locked client must not get. */
export async function getUnlockedClient(tx: Tx, ctx: Ctx, clientId: string): Promise<typeof clientsTable.$inferSelect> {
  const client = await getVisibleClient(tx, ctx, clientId)
  if (client.lockedAt !== null) throw new AppError('client_locked', 'This client is locked. Unlock it first.')
  return client
}

/**
 * Keeps these clients from being deleted, or bound to another company, until the transaction ends. Whoever changes many rows of
 * a client does this first, in one order, so that nobody waits in a circle. `clientIds` is a list or a query of ids.
 */
export async function keepClients(tx: Tx, ctx: Ctx, clientIds: SQL): Promise<void> {
  await tx.execute(sql`select c.id from clients c where c.firm_id = ${ctx.firmId} and c.id in ${clientIds} order by c.id for key share`)
}

/** Whether the person may see the client; for live events. */
export async function canSeeClient(ctx: StaffCtx, clientId: string): Promise<boolean> {
  const rows = await withFirm(
    ctx,
    (tx) =>
      tx
        .select({ id: clientsTable.id })
        .from(clientsTable)
        .where(and(eq(clientsTable.firmId, ctx.firmId), eq(clientsTable.id, clientId), visibleClient(ctx, clientsTable.id))),
    'read',
  )
  return rows.length === 1
}
