import type { Ctx } from '../core/context.ts'
import { enqueue, type JobOptions } from '../core/enqueue.ts'
import type { Tx } from '../db/client.ts'

/** Has the connection's rows fetched soon, or after `delayMs`; requests that have not begun collapse into one, a later one into a sooner. */
export async function requestSync(tx: Tx, ctx: Ctx, connectionId: string, delayMs = 0): Promise<void> {
  await enqueueSync(tx, ctx, connectionId, delayMs === 0 ? {} : { runAt: new Date(Date.now() + delayMs), keepRunAt: true })
}

/** The same, when nobody waits for it: after everything else, and never later than somebody has asked for already. */
export async function pollSync(tx: Tx, ctx: Ctx, connectionId: string): Promise<void> {
  await enqueueSync(tx, ctx, connectionId, { priority: 'bulk', keepRunAt: true })
}

async function enqueueSync(
  tx: Tx,
  ctx: Ctx,
  connectionId: string,
  when: Pick<JobOptions, 'runAt' | 'priority' | 'keepRunAt'>,
): Promise<void> {
  await enqueue(
    tx,
    'sync_connection',
    { firmId: ctx.firmId, connectionId },
    {
      key: `sync_connection:${connectionId}`,
      queue: `sync:${connectionId}`,
      ...when,
    },
  )
}
