import { type Db, inTransaction, type Tx } from '../db/client.ts'
import { storeWebhooks } from '../db/global.ts'
import type { Deps } from './context.ts'
import { enqueue, enqueueCall } from './enqueue.ts'
import { newId } from './ids.ts'

/** A verified webhook in our words, and what two deliveries of it have in common. It holds no secret. */
export interface VerifiedWebhook {
  provider: 'plaid' | 'intuit' | 'twilio' | 'sendgrid'
  dedupeKey: string
  payload: unknown
}

const jobOf = (webhookId: string) => ['handle_webhook', { webhookId }, { key: `handle_webhook:${webhookId}` }] as const

/** Has a stored webhook handled. */
export async function enqueueWebhook(db: Tx | Db, webhookId: string): Promise<void> {
  await enqueue(db, ...jobOf(webhookId))
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
  const rows = inOrder.map((webhook) => {
    const id = newId()
    return { id, ...webhook, at: deps.now(), job: enqueueCall(...jobOf(id)) }
  })
  // Nearly every delivery is one question, which is a transaction by itself
  const added = rows.length <= atOnceMax ? await storeWebhooks(deps.db, rows) : await inTransaction(deps.db, (tx) => storeEach(tx, rows))
  deps.reached('webhook.stored')
  return added
}

const atOnceMax = 100

async function storeEach(tx: Tx, rows: Parameters<typeof storeWebhooks>[1]): Promise<number> {
  let added = 0
  for (let from = 0; from < rows.length; from += atOnceMax) added += await storeWebhooks(tx, rows.slice(from, from + atOnceMax))
  return added
}
