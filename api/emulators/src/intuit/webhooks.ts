import { createHmac, randomUUID } from 'node:crypto'
import { createStop } from '../kit/pause.ts'
import type { Courier, RetryPolicy } from '../kit/webhook.ts'
import type { JsonObject } from './json.ts'
import type { EntityName } from './state.ts'
import { metaTime } from './time.ts'
import type { IntuitEmulatorOptions } from './types.ts'
import type { Change } from './write.ts'

/** The entities Intuit sends notices for. Card payments are not among them. */
const noticed: readonly EntityName[] = [
  'Account',
  'Class',
  'Customer',
  'Department',
  'Deposit',
  'Employee',
  'JournalEntry',
  'Preferences',
  'Purchase',
  'Transfer',
  'Vendor',
]

const legacyOperation = { create: 'Create', update: 'Update', delete: 'Delete' } as const
const eventOperation = { create: 'created', update: 'updated', delete: 'deleted' } as const

/** One element of the CloudEvents array. */
function toEvent(realmId: string, change: Change): JsonObject {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'intuit.qbo.accounting',
    type: `qbo.${change.entity.toLowerCase()}.${eventOperation[change.operation]}.v1`,
    datacontenttype: 'application/json',
    time: change.at.toISOString(),
    intuitentityid: change.id,
    intuitaccountid: realmId,
    data: {},
  }
}

function toLegacy(realmId: string, changes: Change[]): JsonObject {
  const entities = changes.map((change) => ({
    name: change.entity,
    id: change.id,
    operation: legacyOperation[change.operation],
    lastUpdated: metaTime(change.at),
  }))
  return { eventNotifications: [{ realmId, dataChangeEvent: { entities } }] }
}

export interface Webhooks {
  /** Posts the changes of one call in one notice; does nothing without a webhook URL. */
  send(realmId: string, changes: Change[]): void
  /** Resolves when every notice was taken or given up. */
  settled(): Promise<void>
  /** Gives up what is still waiting for another try. */
  stop(): void
}

/** Intuit waits 3 s for an answer and repeats after 10, 20 and 30 s, 5 min and so on; here the first of these, forty times as fast. */
const retries: RetryPolicy = { waitsMs: [250, 500, 750, 7500], timeoutMs: 3000, isFinal: (status) => status >= 200 && status < 300 }

/** Notices are signed with base64 HMAC-SHA256 of the exact body and repeated until answered 2xx. */
export function createWebhooks(options: IntuitEmulatorOptions, courier: Courier): Webhooks {
  const underWay = new Set<Promise<unknown>>()
  const stopped = createStop()
  return {
    send(realmId, changes) {
      const worth = changes.filter(({ entity }) => noticed.includes(entity))
      if (options.webhookUrl === undefined || worth.length === 0 || stopped.signal.aborted) return
      const body = JSON.stringify(
        options.webhookFormat === 'legacy' ? toLegacy(realmId, worth) : worth.map((change) => toEvent(realmId, change)),
      )
      const signature = createHmac('sha256', options.webhookVerifierToken ?? '')
        .update(body)
        .digest('base64')
      const headers = { 'content-type': 'application/json; charset=utf-8', 'intuit-signature': signature }
      const how = { fate: courier.draw('notice'), signal: stopped.signal }
      const policy: RetryPolicy = { ...retries, waitsMs: options.webhookWaitsMs ?? retries.waitsMs }
      const delivery = courier
        .deliver({ url: options.webhookUrl, body, headers, signedBy: 'intuit-signature' }, policy, how)
        .finally(() => underWay.delete(delivery))
      underWay.add(delivery)
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    stop: () => stopped.abort(),
  }
}
