import { and, asc, count, eq } from 'drizzle-orm'
import type { StaffMember } from '@ledgersync/shared/firms'
import type { StaffCtx } from '../core/context.ts'
import { withFirm } from '../db/client.ts'
import { clientStaffTable } from '../db/schema/clients.ts'
import { staffTable } from '../db/schema/firms.ts'

/** Everybody who works at the firm, by name. */
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
        .where(eq(staffTable.firmId, ctx.firmId))
        .groupBy(staffTable.firmId, staffTable.id)
        .orderBy(asc(staffTable.name), asc(staffTable.id)),
    'read',
  )
  return rows.map(({ clients, ...row }) => ({ ...row, clientCount: row.role === 'administrator' ? null : clients }))
}
