import { sql } from 'drizzle-orm'
import { keepClients } from '../clients/visibility.ts'
import { lockConnection } from '../connections/access.ts'
import { recordConsentEnd, recordHealthy, recordTrouble } from '../connections/health.ts'
import { enqueueCheck } from '../connections/link-sessions.ts'
import { recordVisit } from '../connections/record-visit.ts'
import { requestSync } from '../connections/request-sync.ts'
import { type Deps, systemCtx } from '../core/context.ts'
import { withFirm } from '../db/client.ts'
import { findKey } from '../db/global.ts'
import type { PlaidEvent } from '../providers/plaid/webhook.ts'

/**
 * Acts on a stored webhook of the bank provider. Webhooks are hints: they may be late, doubled or out of order, so whatever one
 * says about a connection is checked by a sync that follows.
 */
export async function handlePlaidWebhook(deps: Deps, event: PlaidEvent): Promise<void> {
  switch (event.kind) {
    case 'ignored':
      return
    case 'link_changed': {
      const session = await findKey(deps.db, 'plaid_link_token', event.linkTokenHash)
      if (session === null) return
      const { firmId, rowId } = session
      await withFirm({ deps, firmId }, (tx) => enqueueCheck(tx, { firmId, id: rowId, polls: 0 }, true))
      return
    }
    case 'visit': {
      const session = await findKey(deps.db, 'plaid_link_token', event.linkTokenHash)
      if (session !== null) await recordVisit(systemCtx(deps, session.firmId, 'handle_webhook'), session.rowId, event.visit)
      return
    }
    case 'rows_available':
    case 'broken':
    case 'repaired':
    case 'consent_ends':
      return handleItemEvent(deps, event)
  }
}

async function handleItemEvent(deps: Deps, event: Extract<PlaidEvent, { itemId: string }>): Promise<void> {
  const owner = await findKey(deps.db, 'plaid_item', event.itemId)
  if (owner === null) return
  const ctx = systemCtx(deps, owner.firmId, 'handle_webhook')
  await withFirm(ctx, async (tx) => {
    // The client first, as whoever asks the client to sign in holds it: both touch its invites
    await keepClients(tx, ctx, sql`(select n.client_id from connections n where n.firm_id = ${ctx.firmId} and n.id = ${owner.rowId})`)
    const connection = await lockConnection(tx, ctx, owner.rowId)
    if (connection === null || !connection.complete || connection.providerItemId !== event.itemId) return
    if (event.kind === 'broken') await recordTrouble(tx, ctx, connection, event.trouble)
    if (event.kind === 'consent_ends') await recordConsentEnd(tx, ctx, connection, event.at === null ? null : new Date(event.at))
    if (event.kind === 'repaired' && connection.health !== 'disconnected') await recordHealthy(tx, ctx, connection, true)
    await requestSync(tx, ctx, connection.id)
  })
}
