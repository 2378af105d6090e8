import { eq } from 'drizzle-orm'
import type { Firm } from '@ledgersync/shared/firms'
import type { Ctx } from '../core/context.ts'
import { one, type Tx } from '../db/client.ts'
import { firmsTable } from '../db/schema/firms.ts'

/** How much the firm sends at most: what an administrator has chosen. */
export async function readLimits(tx: Tx, ctx: Ctx): Promise<Pick<Firm, 'messagesPerPersonDay' | 'messagesPerHour'>> {
  const { messagesPerPersonDay, messagesPerHour } = firmsTable
  return one(await tx.select({ messagesPerPersonDay, messagesPerHour }).from(firmsTable).where(eq(firmsTable.firmId, ctx.firmId)))
}
