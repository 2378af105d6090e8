import { boolean, integer, jsonb, pgTable, pgView, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { ClientColumn, SavedFilter } from '@ledgersync/shared/client-list'
import type { BooksState, InviteState } from '@ledgersync/shared/client-states'
import type { Language } from '@ledgersync/shared/common'
import type { InviteCreate } from '@ledgersync/shared/invites'
import type { Message } from '@ledgersync/shared/messages'
import type { ReachFacts, VisitStep } from '@ledgersync/shared/reach'
import { bytes, firmId, id, instant } from '../columns.ts'

export const clientGroupsTable = pgTable(
  'client_groups',
  {
    firmId: firmId(),
    id: id(),
    name: text('name').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const clientsTable = pgTable(
  'clients',
  {
    firmId: firmId(),
    id: id(),
    businessName: text('business_name').notNull(),
    contactFirstName: text('contact_first_name').notNull(),
    contactLastName: text('contact_last_name').notNull(),
    email: text('email'),
    phone: text('phone'),
    username: text('username').notNull(),
    usernameIsPlaceholder: boolean('username_is_placeholder').notNull(),
    staffHaveAccess: boolean('staff_have_access').notNull(),
    textConsentAt: instant('text_consent_at'),
    textConsentBy: uuid('text_consent_by'),
    timeZone: text('time_zone').notNull(),
    language: text('language').$type<Language>().notNull(),
    lockedAt: instant('locked_at'),
    createdAt: instant('created_at').notNull(),
    createdBy: uuid('created_by'),
    groupId: uuid('group_id'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const clientStaffTable = pgTable(
  'client_staff',
  {
    firmId: firmId(),
    clientId: uuid('client_id').notNull(),
    staffId: uuid('staff_id').notNull(),
    assignedAt: instant('assigned_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.clientId, t.staffId] })],
)

export const wantedBanksTable = pgTable(
  'wanted_banks',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    institutionId: text('institution_id').notNull(),
    name: text('name').notNull(),
    routingNumber: text('routing_number'),
    position: integer('position').notNull(),
    connectionId: uuid('connection_id'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const invitesTable = pgTable(
  'invites',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    kind: text('kind').$type<'connect' | 'repair'>().notNull().default('connect'),
    channel: text('channel').$type<InviteCreate['channel']>().notNull(),
    state: text('state').$type<Exclude<InviteState, 'expired'>>().notNull(),
    reason: text('reason'),
    createdAt: instant('created_at').notNull(),
    createdBy: uuid('created_by').notNull(),
    expiresAt: instant('expires_at').notNull(),
    sentAt: instant('sent_at'),
    deliveredAt: instant('delivered_at'),
    failedAt: instant('failed_at'),
    openedAt: instant('opened_at'),
    startedAt: instant('started_at'),
    connectedAt: instant('connected_at'),
    endedAt: instant('ended_at'),
    remindAt: instant('remind_at'),
    remindedAt: instant('reminded_at'),
    /** The client chose when. */
    remindAsked: boolean('remind_asked').notNull().default(false),
    bankChosenAt: instant('bank_chosen_at'),
    visitStep: text('visit_step').$type<VisitStep>(),
    visitBank: text('visit_bank'),
    visitTrouble: text('visit_trouble').$type<ReachFacts['trouble']>(),
    /** When the client sent statements in answer. */
    statementsAt: instant('statements_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const linksTable = pgTable(
  'links',
  {
    firmId: firmId(),
    id: id(),
    inviteId: uuid('invite_id').notNull(),
    clientId: uuid('client_id').notNull(),
    tokenHash: text('token_hash').notNull(),
    createdAt: instant('created_at').notNull(),
    /** The browsers that may act through it, oldest first; hex. */
    claimDigests: text('claim_digests').array().notNull().default([]),
    claimedAt: instant('claimed_at'),
    codeDigest: text('code_digest'),
    codeExpiresAt: instant('code_expires_at'),
    codeTries: integer('code_tries').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

/** The other invites that a link, and its message, stand for: those of the same person. */
export const linkInvitesTable = pgTable(
  'link_invites',
  {
    firmId: firmId(),
    linkId: uuid('link_id').notNull(),
    inviteId: uuid('invite_id').notNull(),
    clientId: uuid('client_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.linkId, t.inviteId] })],
)

export const messagesTable = pgTable(
  'messages',
  {
    firmId: firmId(),
    id: id(),
    purpose: text('purpose')
      .$type<'invite' | 'reconnect' | 'reminder' | 'verification' | 'claim_code' | 'staff_invite' | 'template_test'>()
      .notNull(),
    channel: text('channel').$type<Message['channel']>().notNull(),
    clientId: uuid('client_id'),
    staffId: uuid('staff_id'),
    inviteId: uuid('invite_id'),
    linkId: uuid('link_id'),
    /** It stands for the invites of {@link linkInvitesTable} too. */
    isShared: boolean('is_shared').notNull().default(false),
    toAddress: text('to_address').notNull(),
    subject: text('subject'),
    language: text('language').$type<Language>(),
    body: text('body').notNull(),
    secretsSealed: bytes('secrets_sealed'),
    state: text('state').$type<Message['state']>().notNull(),
    reason: text('reason'),
    notBefore: instant('not_before'),
    attempts: integer('attempts').notNull().default(0),
    leaseUntil: instant('lease_until'),
    firstAttemptAt: instant('first_attempt_at'),
    providerId: text('provider_id'),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const messageEventsTable = pgTable(
  'message_events',
  {
    firmId: firmId(),
    id: id(),
    messageId: uuid('message_id').notNull(),
    state: text('state').$type<Message['state']>().notNull(),
    reason: text('reason'),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

/** Every message of an invite: its own, and those that it shares. */
export const inviteMessagesView = pgView('invite_messages', {
  firmId: firmId(),
  inviteId: uuid('invite_id').notNull(),
  clientId: uuid('client_id'),
  messageId: uuid('message_id').notNull(),
}).existing()

/** What the list filters and sorts by; `client_list_of` in the database says what is true. Written by that alone. */
export const clientListTable = pgTable(
  'client_list',
  {
    firmId: firmId(),
    clientId: uuid('client_id').notNull(),
    name: text('name').notNull(),
    search: text('search').notNull(),
    createdAt: instant('created_at').notNull(),
    locked: boolean('locked').notNull(),
    inviteState: text('invite_state').$type<Exclude<InviteState, 'expired'>>(),
    inviteExpiresAt: instant('invite_expires_at'),
    inviteAt: instant('invite_at').notNull(),
    health: integer('health').notNull(),
    connections: integer('connections').notNull(),
    accounts: integer('accounts').notNull(),
    accountsHealthy: integer('accounts_healthy').notNull(),
    accountsFailing: integer('accounts_failing').notNull(),
    lastSyncAt: instant('last_sync_at').notNull(),
    toReview: integer('to_review').notNull(),
    pushesFailed: integer('pushes_failed').notNull(),
    books: text('books').$type<BooksState>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.clientId] })],
)

export const listColumnsTable = pgTable(
  'list_columns',
  {
    firmId: firmId(),
    staffId: uuid('staff_id').notNull(),
    columns: jsonb('columns').$type<ClientColumn[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.staffId] })],
)

export const savedFiltersTable = pgTable(
  'saved_filters',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    name: text('name').notNull(),
    query: jsonb('query').$type<SavedFilter['query']>().notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
