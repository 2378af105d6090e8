import { and, eq, isNotNull } from 'drizzle-orm'
import { getUnlockedClient } from '../clients/visibility.ts'
import { recordAudit } from '../core/audit.ts'
import type { Ctx, StaffCtx } from '../core/context.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { connectionsTable } from '../db/schema/banks.ts'
import { startLinkSession } from './link-sessions.ts'
import { requestSync } from './request-sync.ts'

/** Begins adding a bank by staff who hold the client's own login; with `bankId` the asked-for bank is opened. */
export function addConnection(ctx: StaffCtx, clientId: string, input: { bankId?: string }): Promise<{ url: string }> {
  return startLinkSession(ctx, clientId, input.bankId === undefined ? {} : { wantedBankId: input.bankId })
}

/** Begins the repair of a connection by staff. Throws `not_found` and, when access was withdrawn for good, `conflict`. */
export function repairConnection(ctx: StaffCtx, clientId: string, connectionId: string): Promise<{ url: string }> {
  return startLinkSession(ctx, clientId, { connectionId })
}

/** Has all of the client's banks fetched soon. Throws `not_found` and `client_locked`. */
export async function syncClient(ctx: StaffCtx, clientId: string): Promise<void> {
  await withFirm(ctx, async (tx) => {
    await getUnlockedClient(tx, ctx, clientId)
    await syncSoon(tx, ctx, clientId)
    await recordAudit(tx, ctx, 'client.sync_requested', { clientId })
  })
}

/** Has every bank of the client that we have access to fetched soon. */
export async function syncSoon(tx: Tx, ctx: Ctx, clientId: string): Promise<void> {
  const rows = await tx
    .select({ id: connectionsTable.id })
    .from(connectionsTable)
    .where(
      and(
        eq(connectionsTable.firmId, ctx.firmId),
        eq(connectionsTable.clientId, clientId),
        eq(connectionsTable.complete, true),
        isNotNull(connectionsTable.accessTokenSealed),
      ),
    )
  for (const { id } of rows) await requestSync(tx, ctx, id)
}
