import type { EmulatorOptions, RunningServer } from '../kit/server.ts'
import type { JsonObject } from './json.ts'

export interface IntuitEmulatorOptions extends EmulatorOptions {
  clientId: string
  clientSecret: string
  /** The registered redirect URIs, compared exactly. Absent = any is accepted. */
  redirectUris?: string[]
  /** Where change notices are posted. Absent = none are sent. */
  webhookUrl?: string
  /** The key of the `intuit-signature` HMAC. */
  webhookVerifierToken?: string
  /** `cloudevents` (default) is the array form; `legacy` the older `eventNotifications` form. */
  webhookFormat?: 'cloudevents' | 'legacy'
  /** Requests per company in any 60 seconds of `now()`; the next is answered 429. Default 500. */
  requestsPerMinuteMax?: number
  /** Batches per company in any 60 seconds; they also count as requests. Default 40. */
  batchesPerMinuteMax?: number
  /**
   * Requests of one company in flight at once; the next is answered 429. Default 10, Intuit's older wording of its
   * limit of 10.
   */
  concurrentMax?: number
  /** Intuit's newer wording: requests per company in any one second of `now()`. Default 10. */
  requestsPerSecondMax?: number
  /** Give out a new refresh token at every refresh. Default: only when the present one is older than 24 hours. */
  rotateRefreshTokenAlways?: boolean
  /** How long a replaced refresh token still works. Default 60 seconds; Intuit publishes no figure. */
  refreshTokenGraceSeconds?: number
  /** Whether a repeated `requestid` is also answered with the first answer when that was a Fault. Default false; Intuit does not say. */
  replayFaults?: boolean
}

export interface CompanyView {
  realmId: string
  name: string
  /** Whether an application holds a live grant to it. */
  connected: boolean
  /** Entries dated on or before this day are refused; null when the books are open. */
  closedOn: string | null
  entryCount: number
  /** Writes that named a `requestid` already answered. */
  replayCount: number
}

export interface EntryLineView {
  amountMinor: number
  accountId: string
  accountName: string
  description: string | null
  /** The side of the posting made to `accountId`. */
  side: 'debit' | 'credit'
  classId: string | null
  vendorId: string | null
}

/** One live entry as the books hold it. */
export interface EntryView {
  realmId: string
  entity: 'Purchase' | 'Deposit' | 'Transfer' | 'CreditCardPaymentTxn' | 'JournalEntry'
  id: string
  syncToken: string
  txnDate: string
  /** Minor units of the home currency, never negative. For a journal entry, the sum of its debits. */
  totalMinor: number
  privateNote: string | null
  docNumber: string | null
  paymentType: string | null
  /** True for a refund onto a credit card. */
  credit: boolean
  /** Purchase: the paying account. Deposit: the receiving one. Transfer and card payment: the one paid from. */
  accountId: string | null
  /** The name of `accountId`; empty when there is none. */
  accountName: string
  /** Transfer and card payment: the account paid into. */
  toAccountId: string | null
  vendorId: string | null
  vendorName: string | null
  departmentId: string | null
  lines: EntryLineView[]
  createdAt: string
  createdByApi: boolean
  /** How many times this very create was asked for: 1, plus one for each replay by `requestid`. */
  createRequestCount: number
  requestId: string | null
}

export interface NewAccount {
  name: string
  /** An AccountType such as `Bank` or `Expense`. */
  type: string
  subType?: string
  parentId?: string
}

/** The books as a person working inside QuickBooks would change them, and what tests ask of them. */
export interface IntuitEmulator extends RunningServer {
  companies(): CompanyView[]
  /** All live entries, by company and then Id; with `realmId` only that company's. */
  entries(realmId?: string): EntryView[]
  /**
   * The balance double entry gives, in minor units on the account's natural side: positive means money held in a
   * Bank account, money owed on a Credit Card, money earned in Income, money spent in Expense. Without sub-accounts.
   */
  accountBalanceMinor(realmId: string, accountId: string): number
  /** Creates one more company with the usual chart; returns its realmId. */
  addCompany(name: string): string
  /** Adds a vendor inside QuickBooks; returns its Id. */
  addVendor(realmId: string, displayName: string): string
  /** Adds an account inside QuickBooks; returns its Id. */
  addAccount(realmId: string, account: NewAccount): string
  /**
   * Makes an entry inside QuickBooks, as a bookkeeper would, by the rules the API has too.
   * @param wire the entry as the API takes it
   * @returns its Id
   */
  addEntry(realmId: string, entity: EntryView['entity'], wire: JsonObject): string
  /** Changes the named members of an entry inside QuickBooks. */
  changeEntry(realmId: string, entity: EntryView['entity'], id: string, changes: JsonObject): void
  deleteEntry(realmId: string, entity: EntryView['entity'], id: string): void
  /** Puts an entry into a deposit, as somebody would inside QuickBooks: from then on it cannot be deleted by itself. */
  depositEntry(realmId: string, entity: EntryView['entity'], id: string, depositId: string): void
  /** Closes the books through `date` (YYYY-MM-DD); null opens them. */
  closeBooks(realmId: string, date: string | null): void
  makeInactive(realmId: string, entity: 'Account' | 'Vendor' | 'Customer' | 'Class' | 'Department', id: string): void
  /** Turns company settings on or off, as its owner would. */
  setPreferences(realmId: string, preferences: CompanySettings): void
  /** Lets the company's subscription lapse: every call is refused with 6190 until it is restored. */
  setSubscriptionLapsed(realmId: string, lapsed: boolean): void
  /**
   * Does what the OAuth page does when the user chooses a company and presses Connect. `company` is a name or a realmId,
   * a new name makes a new company; without it the first company not connected yet is taken.
   * @returns the redirect URL with code, state and realmId
   */
  completeAuthorization(authorizeUrl: string, company?: string): Promise<string>
  expireAccessTokens(realmId: string): void
  /** The user disconnects the application inside QuickBooks: all tokens of the company die. */
  revoke(realmId: string): void
  /** Resolves when no webhook delivery is under way. */
  settled(): Promise<void>
  /** Back to the first books, on disk too; recorded calls, throttling and faults are cleared. */
  reset(): void
}

export interface CompanySettings {
  useAccountNumbers?: boolean
  trackDepartments?: boolean
  classTrackingPerTxn?: boolean
  classTrackingPerTxnLine?: boolean
  /** Refuse a DocNumber used before with 6140. */
  warnDuplicateDocNumber?: boolean
}
