import { eq } from 'drizzle-orm'
import type { Firm, FirmUpdate } from '@ledgersync/shared/firms'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { publish } from '../core/publish.ts'
import { parseTimeZone } from '../core/time-zone.ts'
import { one, withFirm } from '../db/client.ts'
import { firmsTable } from '../db/schema/firms.ts'

type FirmRow = typeof firmsTable.$inferSelect

function toFirm({ firmId: id, createdAt: _createdAt, ...row }: FirmRow): Firm {
  return { id, ...row }
}

/** The caller's firm. */
export async function getFirm(ctx: StaffCtx): Promise<Firm> {
  return withFirm(ctx, async (tx) => toFirm(one(await tx.select().from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))), 'read')
}

/** Changes the members that are given; administrators only (the endpoint's access). */
export async function updateFirm(ctx: StaffCtx, input: FirmUpdate): Promise<Firm> {
  const { name, timeZone, senderName, defaultTimeZone, ...plain } = input
  const changes: Partial<FirmRow> = {
    ...plain,
    ...(name !== undefined && { name: name.trim() }),
    ...(timeZone !== undefined && { timeZone: parseTimeZone(timeZone, 'body.timeZone') }),
    ...(senderName !== undefined && { senderName: senderName?.trim() ?? null }),
    ...(defaultTimeZone !== undefined && {
      defaultTimeZone: defaultTimeZone === null ? null : parseTimeZone(defaultTimeZone, 'body.defaultTimeZone'),
    }),
  }
  return withFirm(ctx, async (tx) => {
    const mine = eq(firmsTable.firmId, ctx.firmId)
    const before = one(await tx.select().from(firmsTable).where(mine).for('no key update'))
    const after = { ...before, ...changes }
    // Members of both are those of the row
    const changed = (Object.keys(changes) as (keyof FirmRow)[]).filter((key) => before[key] !== after[key])
    if (changed.length === 0) return toFirm(before)
    await tx.update(firmsTable).set(changes).where(mine)
    const only = (row: FirmRow) => Object.fromEntries(changed.map((key) => [key, row[key]]))
    await recordAudit(tx, ctx, 'firm.updated', { id: ctx.firmId, details: { before: only(before), after: only(after) } })
    await publish(tx, ctx, 'firm', null)
    return toFirm(after)
  })
}
