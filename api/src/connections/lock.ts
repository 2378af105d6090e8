import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { getVisibleClient } from '../clients/visibility.ts'
import { readClient } from '../clients/queries.ts'
import type { Client } from '@ledgersync/shared/clients'
import { recordAudit } from '../core/audit.ts'
import type { StaffCtx } from '../core/context.ts'
import { AppError } from '../core/errors.ts'
import { publish } from '../core/publish.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { clientsTable } from '../db/schema/clients.ts'
import { syncSoon } from './service.ts'

/**
 * Locks a client, or unlocks it, in the caller's transaction. Locked: links do not work, messages that wait are not sent, nothing is
 * fetched and no bank can be added. Unlocked: its links work again until they expire, and what came meanwhile is fetched at once.
 * Throws `not_found`, and `conflict` when it is so already.
 */
export async function setLocked(tx: Tx, ctx: StaffCtx, clientId: string, locked: boolean): Promise<void> {
  await getVisibleClient(tx, ctx, clientId)
  const changed = await tx
    .update(clientsTable)
    .set({ lockedAt: locked ? ctx.deps.now() : null })
    .where(
      and(
        eq(clientsTable.firmId, ctx.firmId),
        eq(clientsTable.id, clientId),
        locked ? isNull(clientsTable.lockedAt) : isNotNull(clientsTable.lockedAt),
      ),
    )
    .returning({ id: clientsTable.id })
  if (changed.length === 0) throw new AppError('conflict', locked ? 'This client is locked already.' : 'This client is not locked.')
  if (!locked) await syncSoon(tx, ctx, clientId)
  await recordAudit(tx, ctx, locked ? 'client.locked' : 'client.unlocked', { id: clientId, clientId })
  for (const topic of ['clients', 'connections', 'invites'] as const) await publish(tx, ctx, topic, clientId)
}

/** {@link setLocked} of one client; answers it. */
export async function lockClient(ctx: StaffCtx, clientId: string, locked: boolean): Promise<Client> {
  return withFirm(ctx, async (tx) => {
    await setLocked(tx, ctx, clientId, locked)
    return readClient(tx, ctx, clientId)
  })
}
