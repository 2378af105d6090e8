import { and, eq, isNull, sql } from 'drizzle-orm'
import type { HandOver, TeamMember } from '@ledgersync/shared/team'
import { forgetPasskeys } from '../auth/passkeys.ts'
import { keepClients } from '../clients/visibility.ts'
import { recordAudit, recordAudits } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, invalidField } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientStaffTable } from '../db/schema/clients.ts'
import { sessionsTable, staffTable } from '../db/schema/firms.ts'
import { holdPerson, keepAdministrator, thisPerson } from './service.ts'
import { selectMembers } from './team.ts'

/**
 * Lets somebody leave: their clients go to others, their sessions end, their passkeys go and their sign-in closes, all or nothing. Throws `not_found`,
 * and `conflict` for oneself, for who has left already and for the last administrator.
 */
export async function deactivateStaff(ctx: StaffCtx, staffId: string, handOver: HandOver): Promise<TeamMember> {
  if (staffId === ctx.actor.staffId) throw new AppError('conflict', 'You cannot do this to yourself. Ask another administrator.')
  return withFirm(ctx, async (tx) => {
    const held = await holdPerson(tx, ctx, staffId, handOver.to)
    if (held.person.deactivatedAt !== null) throw new AppError('conflict', `${held.person.name} has left already.`)
    keepAdministrator(held)
    if (handOver.to.includes(staffId)) throw invalidField('body.to', 'Clients go to somebody who stays.')
    if (held.working.length !== handOver.to.length) throw invalidField('body.to', 'Somebody in this list does not work at your firm.')
    const now = ctx.deps.now()
    await tx.update(staffTable).set({ deactivatedAt: now }).where(thisPerson(ctx, staffId))
    const open = and(eq(sessionsTable.firmId, ctx.firmId), eq(sessionsTable.staffId, staffId), isNull(sessionsTable.revokedAt))
    await tx.update(sessionsTable).set({ revokedAt: now }).where(open)
    // Not kept for the day they may come back: a device that somebody had while they worked here need not be theirs any more
    await forgetPasskeys(tx, ctx, staffId)
    const clients = await handOverClients(tx, ctx, staffId, handOver)
    const details = { name: held.person.name, clients, to: handOver.to, share: handOver.share }
    await recordAudit(tx, ctx, 'staff.deactivated', { id: staffId, details })
    // Ends their event streams, and shows everybody the clients they got
    await publish(tx, ctx, 'firm', null)
    return one(await selectMembers(tx, ctx, staffId))
  })
}

/** Answers how many clients they had. */
async function handOverClients(tx: Tx, ctx: StaffCtx, staffId: string, { to, share }: HandOver): Promise<number> {
  const theirs = and(eq(clientStaffTable.firmId, ctx.firmId), eq(clientStaffTable.staffId, staffId))
  await keepClients(tx, ctx, sql`(select a.client_id from client_staff a where a.firm_id = ${ctx.firmId} and a.staff_id = ${staffId})`)
  const had = await tx.delete(clientStaffTable).where(theirs).returning({ clientId: clientStaffTable.clientId })
  const clientIds = had.map(({ clientId }) => clientId).sort()
  const takers = (index: number): string[] => (share === 'all' ? [...to] : to.filter((_id, at) => at === index % to.length))
  const given = clientIds.flatMap((clientId, index) => takers(index).map((taker) => ({ clientId, staffId: taker })))
  if (given.length > 0) {
    await tx.execute(sql`
      insert into client_staff (firm_id, client_id, staff_id, assigned_at)
      select ${ctx.firmId}::uuid, g.client_id, g.staff_id, ${ctx.deps.now().toISOString()}::timestamptz
      from unnest(${sql.param(given.map(({ clientId }) => clientId))}::uuid[], ${sql.param(given.map((each) => each.staffId))}::uuid[]) g(client_id, staff_id)
      on conflict do nothing`)
  }
  const handed = clientIds.map((clientId, index) => ({ id: clientId, clientId, details: { from: staffId, to: takers(index) } }))
  await recordAudits(tx, ctx, 'client.handed_over', handed)
  return clientIds.length
}

/** Takes somebody back, with the role and permissions they had and no clients. Throws `not_found`, and `conflict` for who has not left. */
export async function reactivateStaff(ctx: StaffCtx, staffId: string): Promise<TeamMember> {
  return withFirm(ctx, async (tx) => {
    const { person } = await holdPerson(tx, ctx, staffId)
    if (person.deactivatedAt === null) throw new AppError('conflict', `${person.name} works here already.`)
    await tx.update(staffTable).set({ deactivatedAt: null }).where(thisPerson(ctx, staffId))
    await recordAudit(tx, ctx, 'staff.reactivated', { id: staffId, details: { name: person.name, role: person.role } })
    await publish(tx, ctx, 'firm', null)
    return one(await selectMembers(tx, ctx, staffId))
  })
}
