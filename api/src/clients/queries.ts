import { and, asc, eq } from 'drizzle-orm'
import type { Client, WantedBank } from '@ledgersync/shared/clients'
import type { Ctx } from '../core/context.ts'
import type { Tx } from '../db/client.ts'
import { clientGroupsTable, clientStaffTable, wantedBanksTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'
import { optedOutPhones } from './opt-outs.ts'
import { getVisibleClient } from './visibility.ts'

export const toWantedBank = (row: typeof wantedBanksTable.$inferSelect): WantedBank => ({
  id: row.id,
  institutionId: row.institutionId,
  name: row.name,
  connectionId: row.connectionId,
})

/** The banks a client is asked for, in the order staff chose. */
export async function readWantedBanks(tx: Tx, ctx: Ctx, clientId: string): Promise<(typeof wantedBanksTable.$inferSelect)[]> {
  return tx
    .select()
    .from(wantedBanksTable)
    .where(and(eq(wantedBanksTable.firmId, ctx.firmId), eq(wantedBanksTable.clientId, clientId)))
    .orderBy(asc(wantedBanksTable.position), asc(wantedBanksTable.id))
}

/** A client as the API answers it, or `not_found`. */
export async function readClient(tx: Tx, ctx: Ctx, clientId: string): Promise<Client> {
  const row = await getVisibleClient(tx, ctx, clientId)
  const staff = await tx
    .select({ id: clientStaffTable.staffId })
    .from(clientStaffTable)
    .where(and(eq(clientStaffTable.firmId, ctx.firmId), eq(clientStaffTable.clientId, clientId)))
    .orderBy(asc(clientStaffTable.assignedAt), asc(clientStaffTable.staffId))
  const [group] =
    row.groupId === null
      ? []
      : await tx
          .select({ name: clientGroupsTable.name })
          .from(clientGroupsTable)
          .where(and(eq(clientGroupsTable.firmId, ctx.firmId), eq(clientGroupsTable.id, row.groupId)))
  const [recorder] =
    row.textConsentBy === null
      ? []
      : await tx
          .select({ name: staffTable.name })
          .from(staffTable)
          .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, row.textConsentBy)))
  const banks = await readWantedBanks(tx, ctx, clientId)
  const optedOut = row.phone !== null && (await optedOutPhones(tx, ctx.deps, [row.phone])).size > 0
  return {
    id: row.id,
    businessName: row.businessName,
    contactFirstName: row.contactFirstName,
    contactLastName: row.contactLastName,
    email: row.email,
    phone: row.phone,
    username: row.username,
    usernameIsPlaceholder: row.usernameIsPlaceholder,
    staffHaveAccess: row.staffHaveAccess,
    textConsentAt: row.textConsentAt?.toISOString() ?? null,
    textConsentBy: recorder?.name ?? null,
    textOptedOut: optedOut,
    timeZone: row.timeZone,
    language: row.language,
    locked: row.lockedAt !== null,
    createdAt: row.createdAt.toISOString(),
    groupId: row.groupId,
    groupName: group?.name ?? null,
    staffIds: staff.map(({ id }) => id),
    banks: banks.map(toWantedBank),
  }
}
