import type { BooksAccount } from '@ledgersync/shared/books'
import type { Entry } from '../../db/entry.ts'

export interface QuickbooksConfig {
  clientId: string
  clientSecret: string
  authorizeUrl: string
  tokenUrl: string
  revokeUrl: string
  apiUrl: string
  /** Origin of the QuickBooks web app, for links to entries. */
  appUrl: string
  redirectUrl: string
  webhookVerifierToken: string
}

export interface BooksTokens {
  accessToken: string
  accessTokenExpiresAt: Date
  refreshToken: string
  refreshTokenExpiresAt: Date
}

/** A company to talk to, with a token that is valid now. */
export interface CompanyAccess {
  realmId: string
  accessToken: string
}

export interface ProviderBooksAccount {
  providerId: string
  name: string
  number: string | null
  type: string
  subtype: string | null
  classification: BooksAccount['classification']
  currency: string
  active: boolean
}
export interface ProviderVendor {
  providerId: string
  name: string
  active: boolean
}

/** One entry to post: the push it belongs to (its marker) and its content. */
export interface EntryToPost {
  pushId: string
  entry: Entry
}
export interface PostedEntry {
  providerEntryId: string
  /** QuickBooks' own name of the entity: Purchase, Deposit. */
  entity: string
  syncToken: string
}
export type PostOutcome = { pushId: string; posted: PostedEntry } | { pushId: string; refused: { code: string; detail: string } }

/** An entry as it stands in the books now. */
export interface StandingEntry {
  syncToken: string
  /** YYYY-MM-DD */
  date: string
  /** Another transaction is made of it, such as a deposit. */
  isLinked: boolean
}
/** `wasGone`: the company does not have it any more. */
export type RemoveOutcome = { wasGone: boolean } | { refused: { code: string; detail: string } }

/** QuickBooks Online, in our words. Every method throws ProviderError and nothing else. */
export interface Quickbooks {
  authorizeUrl(state: string): string
  exchangeCode(code: string): Promise<BooksTokens>
  refresh(refreshToken: string): Promise<BooksTokens>
  revoke(token: string): Promise<void>
  company(access: CompanyAccess): Promise<{ name: string; homeCurrency: string; closedThrough: string | null }>
  accounts(access: CompanyAccess): Promise<ProviderBooksAccount[]>
  vendors(access: CompanyAccess): Promise<ProviderVendor[]>
  /** Posts at most 30 entries in one request; the same requestId with the same entries in the same order is a repeat, not a second post. */
  post(access: CompanyAccess, requestId: string, entries: EntryToPost[]): Promise<PostOutcome[]>
  /** Finds entries that carry the markers of these pushes. Absent ones are not in the map. */
  find(access: CompanyAccess, entries: EntryToPost[]): Promise<Map<string, PostedEntry>>
  /** At most 30 entries by the id they have there; those that are not listed are not in the map. */
  read(access: CompanyAccess, entries: PostedEntry[]): Promise<Map<string, StandingEntry>>
  /** Deletes at most 30 entries, each only in the version given. Answers in the same order. Safe to repeat: ids are never given twice. */
  remove(access: CompanyAccess, entries: PostedEntry[]): Promise<RemoveOutcome[]>
  entryUrl(entity: string, providerEntryId: string, realmId: string): string
  companyUrl(realmId: string): string
  verifyWebhook(rawBody: Buffer, signature: string | undefined): boolean
}
