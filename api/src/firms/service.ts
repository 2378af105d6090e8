import { eq } from 'drizzle-orm'
import type { Me } from '@ledgersync/shared/auth'
import type { FirmUpdate } from '@ledgersync/shared/firms'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { parseTimeZone } from '../core/time-zone.ts'
import { one, withFirm } from '../db/client.ts'
import { firmsTable } from '../db/schema/firms.ts'

type FirmRow = typeof firmsTable.$inferSelect

const toFirm = (row: FirmRow): Me['firm'] => ({ id: row.firmId, name: row.name, emailDomain: row.emailDomain, timeZone: row.timeZone })

/** The caller's firm. */
export async function getFirm(ctx: StaffCtx): Promise<Me['firm']> {
  return withFirm(ctx, async (tx) => toFirm(one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))), 'read')
}

/** Changes the members that are given; administrators only (the endpoint's access). */
export async function updateFirm(ctx: StaffCtx, input: FirmUpdate): Promise<Me['firm']> {
  const changes = {
    ...(input.name !== undefined && { name: input.name.trim() }),
    ...(input.timeZone !== undefined && { timeZone: parseTimeZone(input.timeZone, 'body.timeZone') }),
  }
  return withFirm(ctx, async (tx) => {
    const mine = eq(firmsTable.firmId, ctx.firmId)
    const before = one(await tx.select().from(firmsTable).where(mine).for('update'))
    const after = one(await tx.update(firmsTable).set(changes).where(mine).returning())
    await recordAudit(tx, ctx, 'firm.updated', { id: ctx.firmId, details: { before: toFirm(before), after: toFirm(after) } })
    await publish(tx, ctx, 'firm', null)
    return toFirm(after)
  })
}
