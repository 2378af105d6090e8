import { and, eq, gt, inArray, notInArray, type SQL } from 'drizzle-orm'
import type { Firm } from '@ledgersync/shared/firms'
import type { Ctx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import { messagesTable } from '../db/schema/clients.ts'
import { firmsTable } from '../db/schema/firms.ts'
import { codePurposes } from './service.ts'

/** How much the firm sends at most: what an administrator has chosen. */
export async function readLimits(tx: Tx, ctx: Ctx): Promise<Pick<Firm, 'messagesPerPersonDay' | 'messagesPerHour'>> {
  const { messagesPerPersonDay, messagesPerHour } = firmsTable
  return one(await tx.select({ messagesPerPersonDay, messagesPerHour }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
}

export const dayMs = 24 * 60 * 60_000

/** The messages that have taken a place in their person's day, which ends at `now`. Codes take none. */
export function ofTheDay(ctx: Ctx, now: Date): SQL | undefined {
  return and(
    eq(messagesTable.firmId, ctx.firmId),
    notInArray(messagesTable.purpose, [...codePurposes]),
    // What was tried and put back has its place in the day, and goes without asking again
    inArray(messagesTable.state, ['queued', 'sending', 'sent', 'delivered', 'unknown']),
    gt(messagesTable.firstAttemptAt, new Date(now.getTime() - dayMs)),
  )
}
