import { allowOutgoing } from '../../core/outgoing.ts'
import type { Pace } from '../../core/pace.ts'
import { createCompanyCalls } from './company.ts'
import { createOauth } from './oauth.ts'
import type { Quickbooks, QuickbooksConfig } from './types.ts'
import { verifySignature } from './webhook.ts'

/** Intuit's own web app, as opposed to another one that speaks its API. */
const isIntuits = (appUrl: string): boolean => /(?:^|\.)intuit\.com$/.test(new URL(appUrl).hostname)

/** Builds the adapter: OAuth by plain form posts, reads through node-quickbooks, entries by batches that carry a request id. */
export function createQuickbooks(config: QuickbooksConfig, pace: Pace, now: () => Date = () => new Date()): Quickbooks {
  // The pages that people are sent to are not among them: nobody of ours calls those
  for (const address of [config.tokenUrl, config.revokeUrl, config.apiUrl]) allowOutgoing(address)
  const page = (path: string, query: Record<string, string>): string =>
    `${config.appUrl}/app/${path}?${new URLSearchParams(query).toString()}`
  return {
    ...createOauth(config, pace, now),
    ...createCompanyCalls(config, pace),
    // QuickBooks' own addresses do without the realm; it tells companies apart where a person has several
    entryUrl: (entity, txnId, realmId) => page(entity === 'Deposit' ? 'deposit' : 'expense', { txnId, realmId }),
    // Intuit's app has no address of one company: its user chooses there
    companyUrl: (realmId) =>
      isIntuits(config.appUrl) ? `${config.appUrl}/app/homepage` : `${config.appUrl}/app/company/${encodeURIComponent(realmId)}`,
    verifyWebhook: (rawBody, signature) => verifySignature(config.webhookVerifierToken, rawBody, signature),
  }
}
