import { and, eq, isNotNull } from 'drizzle-orm'
import type { Me } from '@ledgersync/shared/auth'
import type { StaffCtx } from '../core/context.ts'
import { one, withFirm } from '../db/client.ts'
import { secondFactorsTable as factors } from '../db/schema/access.ts'
import { firmsTable, staffTable } from '../db/schema/firms.ts'
import { isOperator } from './operators.ts'

/** The signed-in person and their firm. */
export async function readMe(ctx: StaffCtx): Promise<Me> {
  const { firm, staff, factorId } = one(
    await withFirm(
      ctx,
      (tx) =>
        tx
          .select({ firm: firmsTable, staff: staffTable, factorId: factors.id })
          .from(staffTable)
          .innerJoin(firmsTable, eq(firmsTable.firmId, staffTable.firmId))
          .leftJoin(factors, and(eq(factors.firmId, staffTable.firmId), eq(factors.staffId, staffTable.id), isNotNull(factors.confirmedAt)))
          .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, ctx.actor.staffId))),
      'read',
    ),
  )
  const { id, name, email, username, role, permissions, timeZone } = staff
  return {
    staff: {
      id,
      name,
      email,
      username,
      role,
      permissions,
      timeZone,
      emailVerified: staff.emailVerifiedAt !== null,
      secondFactor: factorId !== null,
    },
    firm: { id: firm.firmId, name: firm.name, emailDomain: firm.emailDomain, timeZone: firm.timeZone },
    sessionId: ctx.actor.sessionId,
    operator: isOperator(ctx.deps, staff),
  }
}
