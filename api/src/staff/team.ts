import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Output } from '@ledgersync/shared/endpoint'
import type { staff, StaffInvite, TeamMember } from '@ledgersync/shared/team'
import type { StaffCtx } from '../core/context.ts'
import { one, type Tx, withFirm } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
import { firmsTable, staffInvitesTable, staffTable } from '../db/schema/firms.ts'

interface Found extends Record<string, unknown> {
  id: string
  name: string
  email: string
  role: TeamMember['role']
  permissions: TeamMember['permissions']
  clients: number
  last_active_at: string | null
  second_factor_since: string | null
  passkeys: number
  created_at: string
  deactivated_at: string | null
}

const iso = (value: string | null): string | null => (value === null ? null : new Date(value).toISOString())

/** Everybody, or one person, with what they have and when they were last here; leavers last. */
export async function selectMembers(tx: Tx, ctx: StaffCtx, staffId?: string): Promise<TeamMember[]> {
  const which: SQL = staffId === undefined ? sql`true` : sql`s.id = ${staffId}`
  const { rows } = await tx.execute<Found>(sql`
    select s.id, s.name, s.email, s.role, array_to_json(s.permissions) as permissions, s.created_at, s.deactivated_at,
      (select count(*)::int from client_staff a where a.firm_id = s.firm_id and a.staff_id = s.id) as clients,
      (select max(n.last_active_at) from sessions n where n.firm_id = s.firm_id and n.staff_id = s.id) as last_active_at,
      (select f.confirmed_at from second_factors f where f.firm_id = s.firm_id and f.staff_id = s.id and f.confirmed_at is not null) as second_factor_since,
      (select count(*)::int from passkeys p where p.firm_id = s.firm_id and p.staff_id = s.id) as passkeys
    from staff s where s.firm_id = ${ctx.firmId} and ${which}
    order by s.deactivated_at is not null, lower(s.name), s.id`)
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    permissions: row.permissions,
    clientCount: row.clients,
    lastActiveAt: iso(row.last_active_at),
    secondFactorSince: iso(row.second_factor_since),
    passkeyCount: row.passkeys,
    joinedAt: new Date(row.created_at).toISOString(),
    deactivatedAt: iso(row.deactivated_at),
  }))
}

/** Invitations that were neither accepted nor withdrawn, or one of them, with what became of their e-mail. */
export async function selectInvites(tx: Tx, ctx: StaffCtx, inviteId?: string): Promise<StaffInvite[]> {
  const i = staffInvitesTable
  const rows = await tx
    .select({ invite: i, invitedBy: staffTable.name, delivery: messagesTable.state, reason: messagesTable.reason })
    .from(i)
    .innerJoin(staffTable, and(eq(staffTable.firmId, i.firmId), eq(staffTable.id, i.createdBy)))
    .innerJoin(messagesTable, and(eq(messagesTable.firmId, i.firmId), eq(messagesTable.id, i.messageId)))
    .where(
      and(eq(i.firmId, ctx.firmId), isNull(i.acceptedAt), isNull(i.withdrawnAt), inviteId === undefined ? undefined : eq(i.id, inviteId)),
    )
    .orderBy(desc(i.createdAt), desc(i.id))
  return rows.map(({ invite, invitedBy, delivery, reason }) => ({
    id: invite.id,
    email: invite.email,
    name: invite.name,
    role: invite.role,
    permissions: invite.permissions,
    invitedBy,
    sentAt: invite.sentAt.toISOString(),
    expiresAt: invite.expiresAt.toISOString(),
    delivery,
    reason,
  }))
}

/** The whole team, for administrators. */
export async function getTeam(ctx: StaffCtx): Promise<Output<typeof staff.team>> {
  return withFirm(
    ctx,
    async (tx) => {
      const [members, invites] = [await selectMembers(tx, ctx), await selectInvites(tx, ctx)]
      const firm = one(await tx.select({ assignAll: firmsTable.assignAll }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
      return { members, invites, assignAll: firm.assignAll }
    },
    'read',
  )
}
