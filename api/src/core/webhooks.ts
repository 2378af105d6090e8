import { type Db, inTransaction, type Tx } from '../db/client.ts'
import { storeWebhook } from '../db/global.ts'
import type { Deps } from './context.ts'
import { enqueue } from './enqueue.ts'
import { newId } from './ids.ts'

/** A verified webhook in our words, and what two deliveries of it have in common. It holds no secret. */
interface VerifiedWebhook {
  provider: 'plaid' | 'intuit' | 'twilio' | 'sendgrid'
  dedupeKey: string
  payload: unknown
}

/** Has a stored webhook handled. */
export async function enqueueWebhook(db: Tx | Db, webhookId: string): Promise<void> {
  await enqueue(db, 'handle_webhook', { webhookId }, { key: `handle_webhook:${webhookId}` })
}

/** Keeps a verified webhook and its job in one transaction. False when this delivery is known; then nothing is added. */
export async function keepWebhook(deps: Deps, webhook: VerifiedWebhook): Promise<boolean> {
  const isNew = await inTransaction(deps.db, async (tx) => {
    const id = newId()
    const stored = await storeWebhook(tx, { id, ...webhook, at: deps.now() })
    if (stored) await enqueueWebhook(tx, id)
    return stored
  })
  deps.reached('webhook.stored')
  return isNew
}
