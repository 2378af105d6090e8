import { errorBody, faultOf } from './errors.ts'
import type { Item } from './types.ts'
import type { World } from './world.ts'

/** Sends one webhook about an Item, named `TYPE/CODE`, and notes it as the Item's last. */
export function notify(world: World, item: Item, name: `${string}/${string}`, extra: Record<string, unknown> = {}): void {
  if (item.webhook === null) return
  const [type = '', code = ''] = name.split('/')
  item.lastWebhook = { sent_at: world.now().toISOString(), code_sent: code }
  world.webhooks.send(item.webhook, { webhook_type: type, webhook_code: code, item_id: item.itemId, environment: 'sandbox', ...extra })
}

/** The error object inside a webhook: as in an answer, with `status` and without a request id of its own. */
export function webhookError(code: string): Record<string, unknown> {
  const fault = faultOf(code)
  return { ...errorBody(fault, ''), status: fault.status }
}

/**
 * Tells of new data. SYNC_UPDATES_AVAILABLE goes out only once /transactions/sync has been called for the Item; the legacy
 * codes always do. A broken Item is silent, for Plaid cannot see the bank then.
 */
export function notifyUpdates(world: World, item: Item, legacyCode: string, legacyExtra: Record<string, unknown>): void {
  if (item.errorCode !== null || item.removedAt !== null) return
  if (item.syncedAt !== null) {
    notify(world, item, 'TRANSACTIONS/SYNC_UPDATES_AVAILABLE', {
      initial_update_complete: item.readiness !== 'none',
      historical_update_complete: item.readiness === 'historical',
    })
  }
  notify(world, item, `TRANSACTIONS/${legacyCode}`, { error: null, ...legacyExtra })
}
