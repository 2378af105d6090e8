import type { Minor } from '@ledgersync/shared/money'
import type { Visit } from './visit.ts'
import type { Verifier } from './webhook.ts'

export interface PlaidConfig {
  baseUrl: string
  clientId: string
  secret: string
  /** Origin of the bank sign-in pages, for the pages' content security policy. */
  hostedLinkOrigin: string
  webhookUrl: string
}

/** An institution in our words. */
export interface BankInstitution {
  institutionId: string
  name: string
  routingNumber: string | null
  color: string | null
}

export interface LinkOptions {
  /** Our stable id of the client; no personal data. */
  clientId: string
  /** Shown in the bank's sign-in; cut to 30 characters. */
  firmName: string
  language: 'en' | 'es'
  routingNumber: string | null
  /** Set to repair this connection instead of adding one. */
  accessToken: string | null
  returnUrl: string
}
export interface LinkToken {
  linkToken: string
  hostedUrl: string
  expiresAt: Date
}

/** How a visit to the bank's sign-in stands, and what happened in it so far. */
export type LinkOutcome = LinkEnd & { visit: Visit }
export type LinkEnd = { state: 'open' } | { state: 'exited'; reason: string | null } | { state: 'finished'; added: LinkedItem[] }
export interface LinkedItem {
  publicToken: string
  institutionId: string | null
  institutionName: string | null
}

export interface ProviderAccount {
  providerAccountId: string
  persistentId: string | null
  name: string
  officialName: string | null
  mask: string | null
  kind: 'bank' | 'card' | 'other'
  type: string
  subtype: string | null
  currency: string
  /** What is owed is negative. */
  balanceMinor: Minor | null
  availableMinor: Minor | null
}

export interface ProviderTransaction {
  providerTransactionId: string
  providerAccountId: string
  pending: boolean
  pendingTransactionId: string | null
  date: string
  authorizedDate: string | null
  description: string
  payee: string | null
  bankCategory: string | null
  checkNumber: string | null
  /** Positive is money into the account. */
  amountMinor: Minor
  currency: string
  /** Set when the bank's amount does not fit the currency; `amountMinor` is then rounded and the row is never pushed. */
  inexactAmount: string | null
}

export interface SyncPage {
  added: ProviderTransaction[]
  modified: ProviderTransaction[]
  removedIds: string[]
  accounts: ProviderAccount[]
  nextCursor: string
  hasMore: boolean
  /** False while the provider has not read anything from the bank yet: the page is empty and has no cursor. */
  ready: boolean
  /** False while older history is still on its way. */
  historyComplete: boolean
}

/** The bank provider, in our words. Every method throws ProviderError and nothing else. */
export interface Plaid {
  hostedLinkOrigin: string
  /** Of our address of today, to which new Items and `tellWebhook` have the provider write: it changes when the address does. */
  webhookMark: string
  searchInstitutions(query: string): Promise<BankInstitution[]>
  createLink(options: LinkOptions): Promise<LinkToken>
  linkOutcome(linkToken: string): Promise<LinkOutcome>
  exchange(publicToken: string): Promise<{ accessToken: string; itemId: string }>
  item(accessToken: string): Promise<{ institutionId: string | null; institutionName: string | null; errorCode: string | null }>
  accounts(accessToken: string): Promise<ProviderAccount[]>
  syncPage(accessToken: string, cursor: string | null): Promise<SyncPage>
  removeItem(accessToken: string): Promise<void>
  /** Has the provider write what happens at this Item to our address of today. */
  tellWebhook(accessToken: string): Promise<void>
  /** Verifies a webhook's signature over its exact bytes; null when it is not genuine. */
  verifyWebhook: Verifier
}
