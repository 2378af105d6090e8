import { type SQL, sql } from 'drizzle-orm'
import type { Ctx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { type Settlement, settlePushes } from './claim.ts'
import { settleUndos } from './undo-claim.ts'

const rowsMax = 500
const unsent = 'The QuickBooks company was disconnected before this was sent. Push it again.'
const doubtful = 'The QuickBooks company was disconnected while this was on its way. Look whether it stands there before you push it again.'
const stays = 'The QuickBooks company was disconnected before this was taken back. It stands there still.'

/**
 * Ends what can never go on: entries for a company that was disconnected, of clients that have another company by now. Entries of
 * a client without one wait for the reconnect.
 */
export async function endUnreachable(ctx: Ctx): Promise<void> {
  const now = sql`${ctx.deps.now().toISOString()}::timestamptz`
  const { ended, undoing } = await withFirm(ctx, async (tx) => {
    const posts = await selectUnreachable(tx, ctx, sql`(p.state = 'queued' or (p.state = 'sending' and p.lease_until < ${now}))`)
    const ids = sql.param(posts.map(({ id }) => id))
    // What was never sent is settled like what was; should this process die here, the next look finds a lease that has ended
    await tx.execute(sql`
      update pushes p set state = 'sending', lease_until = ${now}
      where p.firm_id = ${ctx.firmId} and p.id = any (${ids}::uuid[]) and p.state in ('queued', 'sending')`)
    return { ended: posts, undoing: await selectUnreachable(tx, ctx, sql`p.state = 'undoing'`) }
  })
  await settlePushes(
    ctx,
    ended.map(
      ({ id, state }): Settlement => ({ pushId: id, refused: { code: 'disconnected', reason: state === 'sending' ? doubtful : unsent } }),
    ),
  )
  await settleUndos(
    ctx,
    undoing.map(({ id }) => ({ pushId: id, undone: false, reason: stays })),
  )
}

async function selectUnreachable(tx: Tx, ctx: Ctx, where: SQL): Promise<{ id: string; state: string }[]> {
  const { rows } = await tx.execute<{ id: string; state: string }>(sql`
    select p.id, p.state from pushes p
    join books old on old.firm_id = p.firm_id and old.id = p.books_id and old.state = 'disconnected'
    join books other on other.firm_id = p.firm_id and other.client_id = p.client_id and other.state <> 'disconnected'
    where p.firm_id = ${ctx.firmId} and ${where} limit ${rowsMax} for update of p skip locked`)
  return rows
}
