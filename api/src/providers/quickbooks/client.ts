import { createHmac } from 'node:crypto'
import { sameBytes } from '../../core/ids.ts'
import { createApi } from './api.ts'
import { entryPath } from './map.ts'
import { createOauth } from './oauth.ts'
import type { Quickbooks, QuickbooksConfig } from './types.ts'

/** Builds the adapter: OAuth by plain form posts, reads through node-quickbooks, entries by batches that carry a request id. */
export function createQuickbooks(config: QuickbooksConfig): Quickbooks {
  return {
    ...createOauth(config),
    ...createApi(config),
    // The realm is not part of QuickBooks' own addresses; it tells companies apart where a person has several
    entryUrl: (entity, id, realmId) =>
      `${config.appUrl}/app/${entryPath(entity)}?txnId=${encodeURIComponent(id)}&realmId=${encodeURIComponent(realmId)}`,
    companyUrl: (realmId) => `${config.appUrl}/app/company/${encodeURIComponent(realmId)}`,
    verifyWebhook(rawBody, signature) {
      const expected = createHmac('sha256', config.webhookVerifierToken).update(rawBody).digest()
      return signature !== undefined && sameBytes(expected, Buffer.from(signature, 'base64'))
    },
  }
}
