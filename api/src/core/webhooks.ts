import { type Db, inTransaction, type Tx } from '../db/client.ts'
import { storeWebhook } from '../db/global.ts'
import type { Deps } from './context.ts'
import { enqueue } from './enqueue.ts'
import { newId } from './ids.ts'

/** A verified webhook in our words, and what two deliveries of it have in common. It holds no secret. */
export interface VerifiedWebhook {
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
  return (await keepWebhooks(deps, [webhook])) > 0
}

/**
 * Keeps verified webhooks that came in one delivery, and their jobs: all of them or, when it fails, none, so that the repeat finds
 * what this one found. Answers how many were not known.
 */
export async function keepWebhooks(deps: Deps, webhooks: readonly VerifiedWebhook[]): Promise<number> {
  // In one order, so that a delivery and its repeat never wait for each other
  const inOrder = webhooks.toSorted((a, b) => (a.dedupeKey < b.dedupeKey ? -1 : 1))
  const added = await inTransaction(deps.db, async (tx) => {
    let count = 0
    for (const webhook of inOrder) {
      const id = newId()
      if (!(await storeWebhook(tx, { id, ...webhook, at: deps.now() }))) continue
      await enqueueWebhook(tx, id)
      count += 1
    }
    return count
  })
  deps.reached('webhook.stored')
  return added
}
