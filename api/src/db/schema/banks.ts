import { boolean, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { BankAccount, ConnectionHealth, PostingMode } from '@ledgersync/shared/connections'
import type { VisitStep, VisitTrouble } from '@ledgersync/shared/reach'
import { amount, bytes, firmId, id, instant } from '../columns.ts'

export const linkSessionsTable = pgTable(
  'link_sessions',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    inviteId: uuid('invite_id'),
    wantedBankId: uuid('wanted_bank_id'),
    connectionId: uuid('connection_id'),
    startedByKind: text('started_by_kind').$type<'client' | 'staff'>().notNull(),
    startedBy: uuid('started_by'),
    linkTokenSealed: bytes('link_token_sealed'),
    hostedUrlSealed: bytes('hosted_url_sealed'),
    returnHash: text('return_hash').notNull(),
    state: text('state').$type<'opening' | 'open' | 'exchanging' | 'done' | 'exited' | 'failed' | 'expired'>().notNull(),
    reason: text('reason'),
    polls: integer('polls').notNull().default(0),
    leaseUntil: instant('lease_until'),
    exchangeAttempts: integer('exchange_attempts').notNull().default(0),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    finishedAt: instant('finished_at'),
    step: text('step').$type<VisitStep>(),
    stepAt: instant('step_at'),
    bankName: text('bank_name'),
    bankAt: instant('bank_at'),
    errorCode: text('error_code'),
    trouble: text('trouble').$type<VisitTrouble>(),
    troubleAt: instant('trouble_at'),
    exitStatus: text('exit_status'),
    exitAt: instant('exit_at'),
    /** Of the address to which events of what is connected here will be written (providers/plaid). */
    webhookMark: text('webhook_mark'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const connectionsTable = pgTable(
  'connections',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    linkSessionId: uuid('link_session_id'),
    institutionId: text('institution_id'),
    institutionName: text('institution_name').notNull(),
    providerItemId: text('provider_item_id').notNull(),
    accessTokenSealed: bytes('access_token_sealed'),
    cursor: text('cursor'),
    health: text('health').$type<ConnectionHealth>().notNull(),
    cause: text('cause'),
    lastSuccessAt: instant('last_success_at'),
    lastAttemptAt: instant('last_attempt_at'),
    complete: boolean('complete').notNull(),
    consentEndsAt: instant('consent_ends_at'),
    brokenAt: instant('broken_at'),
    clientAskedAt: instant('client_asked_at'),
    askFailedAt: instant('ask_failed_at'),
    /** Of the address to which the provider was last told to write. */
    webhookMark: text('webhook_mark'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const connectionEventsTable = pgTable(
  'connection_events',
  {
    firmId: firmId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    kind: text('kind').notNull(),
    by: text('by').notNull(),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

/** From when to when a connection was in trouble; `until` is null while it is. */
export const healthSpansTable = pgTable(
  'health_spans',
  {
    firmId: firmId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    clientId: uuid('client_id').notNull(),
    health: text('health').$type<'needs_client' | 'bank_down' | 'disconnected'>().notNull(),
    since: instant('since').notNull(),
    until: instant('until'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const bankDisconnectsTable = pgTable(
  'bank_disconnects',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id'),
    accessTokenSealed: bytes('access_token_sealed'),
    createdAt: instant('created_at').notNull(),
    doneAt: instant('done_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const bankAccountsTable = pgTable(
  'bank_accounts',
  {
    firmId: firmId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    clientId: uuid('client_id').notNull(),
    providerAccountId: text('provider_account_id').notNull(),
    persistentId: text('persistent_id'),
    name: text('name').notNull(),
    officialName: text('official_name'),
    mask: text('mask'),
    kind: text('kind').$type<BankAccount['kind']>().notNull(),
    type: text('type').notNull(),
    subtype: text('subtype'),
    currency: text('currency').notNull(),
    balanceMinor: amount('balance_minor'),
    availableMinor: amount('available_minor'),
    balanceAt: instant('balance_at'),
    booksAccountId: uuid('books_account_id'),
    mode: text('mode').$type<PostingMode>().notNull().default('we_post'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
