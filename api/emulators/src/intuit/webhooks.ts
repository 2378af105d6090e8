import { createHmac, randomUUID } from 'node:crypto'
import { deliver } from '../kit/webhook.ts'
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
}

/** Notices are signed with base64 HMAC-SHA256 of the exact body and repeated until answered 2xx, at most 4 times. */
export function createWebhooks(options: IntuitEmulatorOptions): Webhooks {
  const underWay = new Set<Promise<unknown>>()
  return {
    send(realmId, changes) {
      const worth = changes.filter(({ entity }) => noticed.includes(entity))
      if (options.webhookUrl === undefined || worth.length === 0) return
      const body = JSON.stringify(
        options.webhookFormat === 'legacy' ? toLegacy(realmId, worth) : worth.map((change) => toEvent(realmId, change)),
      )
      const signature = createHmac('sha256', options.webhookVerifierToken ?? '')
        .update(body)
        .digest('base64')
      const headers = { 'content-type': 'application/json; charset=utf-8', 'intuit-signature': signature }
      const delivery = deliver(options.webhookUrl, body, headers, { attemptsMax: 4 }).finally(() => underWay.delete(delivery))
      underWay.add(delivery)
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
