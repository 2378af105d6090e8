import { and, eq, isNull, ne } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { healthSpansTable } from '../db/schema/banks.ts'
import type { ConnectionRecord } from './access.ts'

type Health = ConnectionRecord['health']
type Trouble = typeof healthSpansTable.$inferSelect.health

const isTrouble = (health: Health): health is Trouble => health === 'needs_client' || health === 'bank_down' || health === 'disconnected'

/**
 * Writes down from when to when a connection is in trouble. For whoever changes its health, in the same transaction and with the
 * connection locked; the same health once more changes nothing.
 */
export async function keepSpan(tx: Tx, ctx: Ctx, { id: connectionId, clientId }: ConnectionRecord, health: Health): Promise<void> {
  const now = ctx.deps.now()
  const open = and(eq(healthSpansTable.firmId, ctx.firmId), eq(healthSpansTable.connectionId, connectionId), isNull(healthSpansTable.until))
  await tx
    .update(healthSpansTable)
    .set({ until: now })
    .where(and(open, isTrouble(health) ? ne(healthSpansTable.health, health) : undefined))
  if (!isTrouble(health)) return
  await tx
    .insert(healthSpansTable)
    .values({ firmId: ctx.firmId, id: newId(), connectionId, clientId, health, since: now, until: null })
    .onConflictDoNothing()
}
