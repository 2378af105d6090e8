import { boolean, date, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { Entry } from '../entry.ts'
import type { EntryKind, PushState } from '@ledgersync/shared/pushes'
import type { Actions, Condition, Direction } from '@ledgersync/shared/rules'
import type { Source, Stage, Transaction } from '@ledgersync/shared/transactions'
import { amount, firmId, id, instant } from '../columns.ts'

export const categoriesTable = pgTable(
  'categories',
  {
    firmId: firmId(),
    id: id(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const categoryMappingsTable = pgTable(
  'category_mappings',
  {
    firmId: firmId(),
    clientId: uuid('client_id').notNull(),
    categoryId: uuid('category_id').notNull(),
    booksAccountId: uuid('books_account_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.clientId, t.categoryId] })],
)

export const rulesTable = pgTable(
  'rules',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id'),
    name: text('name').notNull(),
    priority: integer('priority').notNull(),
    active: boolean('active').notNull(),
    direction: text('direction').$type<Direction>().notNull(),
    match: text('match').$type<'all' | 'any'>().notNull(),
    conditions: jsonb('conditions').$type<Condition[]>().notNull(),
    actions: jsonb('actions').$type<Actions>().notNull(),
    version: integer('version').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    deletedAt: instant('deleted_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const ruleRunsTable = pgTable(
  'rule_runs',
  {
    firmId: firmId(),
    clientId: uuid('client_id').notNull(),
    dueAt: instant('due_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.clientId] })],
)

export const transactionsTable = pgTable(
  'transactions',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    bankAccountId: uuid('bank_account_id').notNull(),
    providerTransactionId: text('provider_transaction_id').notNull(),
    pendingTransactionId: text('pending_transaction_id'),
    date: date('date', { mode: 'string' }).notNull(),
    authorizedDate: date('authorized_date', { mode: 'string' }),
    description: text('description').notNull(),
    payee: text('payee'),
    bankCategory: text('bank_category'),
    checkNumber: text('check_number'),
    amountMinor: amount('amount_minor').notNull(),
    currency: text('currency').notNull(),
    inexactAmount: text('inexact_amount'),
    stage: text('stage').$type<Stage>().notNull(),
    vendorId: uuid('vendor_id'),
    vendorBy: text('vendor_by').$type<Source>(),
    categoryId: uuid('category_id'),
    booksAccountId: uuid('books_account_id'),
    categoryBy: text('category_by').$type<Source>(),
    memo: text('memo'),
    memoBy: text('memo_by').$type<Source>(),
    why: jsonb('why').$type<NonNullable<Transaction['why']>>(),
    ruleId: uuid('rule_id'),
    ruleDecidedAt: instant('rule_decided_at'),
    bankChangedAt: instant('bank_changed_at'),
    withdrawnAt: instant('withdrawn_at'),
    approvedAt: instant('approved_at'),
    approvedBy: uuid('approved_by'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const pushBatchesTable = pgTable(
  'push_batches',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    booksId: uuid('books_id').notNull(),
    requestedAt: instant('requested_at').notNull(),
    requestedBy: uuid('requested_by').notNull(),
    processedAt: instant('processed_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const pushesTable = pgTable(
  'pushes',
  {
    firmId: firmId(),
    id: id(),
    batchId: uuid('batch_id').notNull(),
    clientId: uuid('client_id').notNull(),
    booksId: uuid('books_id').notNull(),
    transactionId: uuid('transaction_id').notNull(),
    kind: text('kind').$type<EntryKind>().notNull(),
    entry: jsonb('entry').$type<Entry>().notNull(),
    amountMinor: amount('amount_minor').notNull(),
    currency: text('currency').notNull(),
    state: text('state').$type<PushState>().notNull(),
    requestId: uuid('request_id'),
    requestItem: integer('request_item'),
    attempts: integer('attempts').notNull().default(0),
    leaseUntil: instant('lease_until'),
    providerEntryId: text('provider_entry_id'),
    providerEntity: text('provider_entity'),
    syncToken: text('sync_token'),
    errorCode: text('error_code'),
    reason: text('reason'),
    createdAt: instant('created_at').notNull(),
    settledAt: instant('settled_at'),
    replacedAt: instant('replaced_at'),
    undoRequestedAt: instant('undo_requested_at'),
    undoRequestedBy: uuid('undo_requested_by'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
