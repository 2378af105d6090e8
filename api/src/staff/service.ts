import { and, asc, count, eq, inArray, isNull, or, type SQL } from 'drizzle-orm'
import type { StaffMember, StaffUpdate, TeamMember } from '@ledgersync/shared/team'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError, notFound } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { clientStaffTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { selectMembers } from './team.ts'

export type StaffRow = typeof staffTable.$inferSelect

/** Everybody who works at the firm now, by name. */
export async function listStaff(ctx: StaffCtx): Promise<StaffMember[]> {
  const rows = await withFirm(
    ctx,
    (tx) =>
      tx
        .select({
          id: staffTable.id,
          name: staffTable.name,
          email: staffTable.email,
          role: staffTable.role,
          clients: count(clientStaffTable.clientId),
        })
        .from(staffTable)
        .leftJoin(clientStaffTable, and(eq(clientStaffTable.firmId, staffTable.firmId), eq(clientStaffTable.staffId, staffTable.id)))
        .where(and(eq(staffTable.firmId, ctx.firmId), isNull(staffTable.deactivatedAt)))
        .groupBy(staffTable.firmId, staffTable.id)
        .orderBy(asc(staffTable.name), asc(staffTable.id)),
    'read',
  )
  return rows.map(({ clients, ...row }) => ({ ...row, clientCount: row.role === 'administrator' ? null : clients }))
}

export const thisPerson = (ctx: StaffCtx, staffId: string): SQL | undefined =>
  and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId))

export interface Held {
  person: StaffRow
  otherAdministrators: number
  /** Of those asked for besides, who works here. */
  working: string[]
}

/**
 * Holds a person, all active administrators and others, in one order, until the transaction ends: of two who would each take away
 * the last but one administrator, the second finds that only one is left. Throws `not_found`.
 */
export async function holdPerson(tx: Tx, ctx: StaffCtx, staffId: string, besides: readonly string[] = []): Promise<Held> {
  const isAdministrator = and(eq(staffTable.role, 'administrator'), isNull(staffTable.deactivatedAt))
  const held = await tx
    .select()
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), or(inArray(staffTable.id, [staffId, ...besides]), isAdministrator)))
    .orderBy(staffTable.id)
    .for('no key update')
  const person = held.find(({ id }) => id === staffId)
  if (person === undefined) throw notFound('member of staff')
  const others = held.filter(({ id, role, deactivatedAt }) => id !== staffId && role === 'administrator' && deactivatedAt === null)
  const working = held.filter(({ id, deactivatedAt }) => besides.includes(id) && deactivatedAt === null).map(({ id }) => id)
  return { person, otherAdministrators: others.length, working }
}

/** Refuses what would leave the firm without anybody who can manage it. */
export function keepAdministrator({ person, otherAdministrators }: Held): void {
  if (person.role === 'administrator' && person.deactivatedAt === null && otherAdministrators === 0)
    throw new AppError('conflict', `${person.name} is the only administrator. Make somebody else an administrator first.`)
}

/** Changes role or permissions, from the person's next request on. Throws `not_found`, and `conflict` for the last administrator and for who has left. */
export async function updateStaff(ctx: StaffCtx, staffId: string, input: StaffUpdate): Promise<TeamMember> {
  return withFirm(ctx, async (tx) => {
    const held = await holdPerson(tx, ctx, staffId)
    const { person } = held
    if (person.deactivatedAt !== null) throw new AppError('conflict', `${person.name} has left. Take them back first.`)
    const before = { role: person.role, permissions: person.permissions }
    const after = { role: input.role ?? before.role, permissions: [...(input.permissions ?? before.permissions)].sort() }
    if (after.role === 'employee') keepAdministrator(held)
    if (JSON.stringify(after) !== JSON.stringify({ ...before, permissions: [...before.permissions].sort() })) {
      await tx.update(staffTable).set(after).where(thisPerson(ctx, staffId))
      await recordAudit(tx, ctx, 'staff.changed', { id: staffId, details: { before, after } })
      await publish(tx, ctx, 'firm', null)
    }
    return one(await selectMembers(tx, ctx, staffId))
  })
}
