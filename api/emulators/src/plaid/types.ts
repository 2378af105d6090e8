/** The shapes of the emulated Plaid's books. Everything here is plain JSON, for the books are kept in a file. */

/** A transaction in Plaid's own shape: positive `amount` is money that leaves the account. */
export interface PlaidTransaction {
  transaction_id: string
  account_id: string
  amount: number
  iso_currency_code: string | null
  unofficial_currency_code: string | null
  /** Posted: the day it posted. Pending: the day it happened. `YYYY-MM-DD`. */
  date: string
  authorized_date: string | null
  datetime: string | null
  authorized_datetime: string | null
  name: string
  original_description: string | null
  merchant_name: string | null
  merchant_entity_id: string | null
  counterparties: Counterparty[]
  personal_finance_category: { primary: string; detailed: string; confidence_level: string; version: string }
  personal_finance_category_icon_url: string
  payment_channel: 'online' | 'in store' | 'other'
  payment_meta: Record<
    'reference_number' | 'ppd_id' | 'payee' | 'by_order_of' | 'payer' | 'payment_method' | 'payment_processor' | 'reason',
    string | null
  >
  check_number: string | null
  transaction_code: string | null
  location: Record<'address' | 'city' | 'region' | 'postal_code' | 'country' | 'store_number', string | null> & {
    lat: number | null
    lon: number | null
  }
  logo_url: string | null
  website: string | null
  pending: boolean
  pending_transaction_id: string | null
  account_owner: string | null
  category: null
  category_id: null
  transaction_type: 'special' | 'place' | 'unresolved'
}

export interface Counterparty {
  name: string
  type: 'merchant' | 'financial_institution' | 'income_source'
  entity_id: string | null
  website: string | null
  logo_url: string | null
  confidence_level: string
}

/** What a bank knows of a row before it belongs to an Item. `amount` is signed as Plaid signs it. */
export interface BankRow {
  amount: number
  description: string
  /** The day it happened, `YYYY-MM-DD`. */
  date: string
  /** The day it posts; in the future or absent means it is still pending. */
  datePosted?: string
  checkNumber?: string
  merchantName?: string
  currency?: string
}

export type AccountType = 'depository' | 'credit' | 'loan' | 'investment' | 'other'

/** An account as the bank holds it, before somebody shares it. Balances are integer minor units of its currency. */
export interface AccountPlan {
  name: string
  officialName: string | null
  mask: string | null
  type: AccountType
  subtype: string
  currency: string
  currentMinor: number
  limitMinor: number | null
  /** `computed` follows the rows; otherwise it never moves (custom users' `force_available_balance`). */
  available: { kind: 'computed' } | { kind: 'forced'; minor: number } | { kind: 'none' }
  business: boolean
  rows: BankRow[]
}

export interface Account extends AccountPlan {
  accountId: string
  persistentAccountId: string | null
  /** Chosen by the person in Link. What is not shared is never reported. */
  shared: boolean
}

/** One line of an Item's change log, in the order Plaid learnt of it. `transaction` is null when it went away. */
export interface Change {
  transactionId: string
  accountId: string
  transaction: PlaidTransaction | null
}

/** How far the first download has come: nothing, the last 30 days, all that was asked for. */
export type Readiness = 'none' | 'initial' | 'historical'

export interface Item {
  itemId: string
  accessToken: string
  institutionId: string
  clientUserId: string | null
  username: string
  webhook: string | null
  products: string[]
  consentedProducts: string[]
  daysRequested: number
  createdAt: string
  exchangedAt: string | null
  removedAt: string | null
  errorCode: string | null
  accounts: Account[]
  changes: Change[]
  /** What Plaid would report now, by transaction id. */
  current: Record<string, PlaidTransaction>
  /** Rows not downloaded yet, until `readiness` moves on. `moves` = the row changes the balance when it arrives. */
  waiting: { transactionId: string; accountId: string; row: BankRow; moves: boolean }[]
  /** Pending rows that post by themselves, by transaction id. */
  postsOn: Record<string, string>
  readiness: Readiness
  readyAt: string
  historicalAt: string
  syncedAt: string | null
  dynamic: boolean
  lastUpdateAt: string | null
  lastWebhook: { sent_at: string; code_sent: string } | null
}

export interface PublicToken {
  itemId: string
  createdAt: string
  usedAt: string | null
}

export type LinkStep = 'institution' | 'credentials' | 'mfa' | 'accounts' | 'consent' | 'another' | 'finished' | 'exited'

export interface LinkEvent {
  event_name: string
  timestamp: string
  event_id: string
  event_metadata: Record<string, string>
}

/** Questions still to be answered before the bank lets the person in. */
export interface MfaRound {
  type: 'device' | 'questions' | 'selections'
  prompts: { label: string; choices: string[]; answer: string }[]
}

export interface Login {
  username: string
  accounts: AccountPlan[]
  mfa: MfaRound[]
  dynamic: boolean
}

export interface LinkSession {
  sessionId: string
  startedAt: string
  finishedAt: string | null
  step: LinkStep
  institutionId: string | null
  login: Login | null
  /** Indexes into `login.accounts`. */
  chosen: number[]
  events: LinkEvent[]
  /** The last error shown, as exit.error reports it. */
  errorCode: string | null
  publicTokens: string[]
}

export interface LinkToken {
  token: string
  /** The secret part of the Hosted Link address; null when Hosted Link was not asked for. */
  hostedId: string | null
  createdAt: string
  expiresAt: string
  clientName: string
  language: string
  countryCodes: string[]
  products: string[]
  requiredIfSupportedProducts: string[]
  optionalProducts: string[]
  additionalConsentedProducts: string[]
  webhook: string | null
  redirectUri: string | null
  clientUserId: string | null
  userId: string | null
  daysRequested: number
  accountFilters: Record<string, { account_subtypes: string[] }> | null
  routingNumber: string | null
  completionRedirectUri: string | null
  /** The Item to repair; null when a new one is to be added. */
  updateItemId: string | null
  accountSelection: boolean
  multiItem: boolean
  sessions: LinkSession[]
}

export interface Books {
  idSeed: string
  idCount: number
  /** The ES256 key webhooks are signed with, as a private JWK. */
  signingKey: { kid: string; createdAt: number; jwk: Record<string, string> }
  linkTokens: Record<string, LinkToken>
  publicTokens: Record<string, PublicToken>
  items: Record<string, Item>
}

/** What really exists at Plaid, for a test to compare with the product's books. */
export interface PlaidItemView {
  itemId: string
  institutionId: string
  institutionName: string
  /** The name the person signed in with. */
  username: string
  clientUserId: string | null
  status: 'not_exchanged' | 'healthy' | 'login_required' | 'revoked' | 'failing' | 'removed'
  errorCode: string | null
  removed: boolean
  webhook: string | null
  createdAt: string
  accounts: {
    accountId: string
    name: string
    mask: string | null
    type: AccountType
    subtype: string
    currency: string
    shared: boolean
    current: number
    available: number | null
  }[]
  pendingCount: number
  postedCount: number
}

/** A row the bank is told to send. Positive `amount` is money out, as Plaid signs it. */
export interface SentRow {
  amount: number
  description: string
  /** Absent = the first shared account. */
  accountId?: string
  /** Absent = today. */
  date?: string
  pending?: boolean
  /** For a pending row: the day it posts by itself. */
  postsOn?: string
  checkNumber?: string
  merchantName?: string
  currency?: string
}

/** What may change when a row posts or is corrected. */
export interface RowChanges {
  amount?: number
  date?: string
  authorizedDate?: string | null
  description?: string
  merchantName?: string | null
  checkNumber?: string | null
  /** false on post(): the posted row comes without a pointer to the pending one, as some banks do it. */
  keepPointer?: boolean
}
