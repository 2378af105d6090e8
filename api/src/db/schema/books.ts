import { boolean, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { BooksAccount } from '@ledgersync/shared/books'
import { bytes, firmId, id, instant } from '../columns.ts'

export const booksTable = pgTable(
  'books',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    realmId: text('realm_id').notNull(),
    companyName: text('company_name').notNull(),
    homeCurrency: text('home_currency').notNull(),
    state: text('state').$type<'connected' | 'reconnect' | 'disconnected'>().notNull(),
    accessTokenSealed: bytes('access_token_sealed'),
    accessTokenExpiresAt: instant('access_token_expires_at'),
    refreshTokenSealed: bytes('refresh_token_sealed'),
    refreshTokenExpiresAt: instant('refresh_token_expires_at'),
    tokenLeaseUntil: instant('token_lease_until'),
    connectedAt: instant('connected_at').notNull(),
    refreshedAt: instant('refreshed_at'),
    refreshRequestedAt: instant('refresh_requested_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const booksAccountsTable = pgTable(
  'books_accounts',
  {
    firmId: firmId(),
    id: id(),
    booksId: uuid('books_id').notNull(),
    providerId: text('provider_id').notNull(),
    name: text('name').notNull(),
    number: text('number'),
    type: text('type').notNull(),
    subtype: text('subtype'),
    classification: text('classification').$type<BooksAccount['classification']>().notNull(),
    currency: text('currency').notNull(),
    active: boolean('active').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const booksVendorsTable = pgTable(
  'books_vendors',
  {
    firmId: firmId(),
    id: id(),
    booksId: uuid('books_id').notNull(),
    providerId: text('provider_id').notNull(),
    name: text('name').notNull(),
    active: boolean('active').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const booksRevocationsTable = pgTable(
  'books_revocations',
  {
    firmId: firmId(),
    id: id(),
    realmId: text('realm_id'),
    refreshTokenSealed: bytes('refresh_token_sealed'),
    createdAt: instant('created_at').notNull(),
    doneAt: instant('done_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
