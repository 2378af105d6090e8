import { sql } from 'drizzle-orm'
import type { Topic } from '@ledgersync/shared/events'
import type { Tx } from '../db/client.ts'
import { listAnew } from './client-list.ts'

/** The channel that API processes listen on. */
export const liveChannel = 'ledgersync_live'

/**
 * Tells the screens of the firm that something of this topic changed, when the transaction commits, and has the client's row of the
 * list say so. Carries no data; repeats within a transaction are sent once.
 */
export async function publish(tx: Tx, ctx: { firmId: string }, topic: Topic, clientId: string | null): Promise<void> {
  const payload = JSON.stringify({ firmId: ctx.firmId, topic, clientId })
  await tx.execute(sql`select pg_notify(${liveChannel}, ${payload})`)
  if (clientId !== null) await listAnew(tx, ctx, [clientId])
}
