import type { Ctx } from '../core/context.ts'
import { enqueue } from '../core/enqueue.ts'
import type { Tx } from '../db/client.ts'

/** Has the connection's rows fetched soon; requests that have not begun collapse into one. */
export async function requestSync(tx: Tx, ctx: Ctx, connectionId: string, delayMs = 0): Promise<void> {
  await enqueue(
    tx,
    'sync_connection',
    { firmId: ctx.firmId, connectionId },
    {
      key: `sync_connection:${connectionId}`,
      queue: `sync:${connectionId}`,
      ...(delayMs === 0 ? {} : { runAt: new Date(Date.now() + delayMs) }),
    },
  )
}
