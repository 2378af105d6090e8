import { and, desc, eq } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { connectionEventsTable } from '../db/schema/banks.ts'
import { staffTable } from '../db/schema/firms.ts'

/** Adds a line to a connection's history. `by` is what people read: a name, Client, Bank or Ledgersync. */
export async function recordConnectionEvent(tx: Tx, ctx: Ctx, event: { connectionId: string; kind: string; by: string }): Promise<void> {
  await tx.insert(connectionEventsTable).values({ firmId: ctx.firmId, id: newId(), at: ctx.deps.now(), ...event })
}

/** The newest line of a connection's history. */
export async function newestEvent(tx: Tx, ctx: Ctx, connectionId: string): Promise<typeof connectionEventsTable.$inferSelect | null> {
  const [event] = await tx
    .select()
    .from(connectionEventsTable)
    .where(and(eq(connectionEventsTable.firmId, ctx.firmId), eq(connectionEventsTable.connectionId, connectionId)))
    .orderBy(desc(connectionEventsTable.at), desc(connectionEventsTable.id))
    .limit(1)
  return event ?? null
}

/** Who began a visit to the bank's sign-in, as history shows it. */
export async function nameOfStarter(
  tx: Tx,
  ctx: Ctx,
  session: { startedByKind: 'client' | 'staff'; startedBy: string | null },
): Promise<string> {
  if (session.startedByKind === 'client' || session.startedBy === null) return 'Client'
  const [staff] = await tx
    .select({ name: staffTable.name })
    .from(staffTable)
    .where(and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, session.startedBy)))
  return staff?.name ?? 'Staff'
}
