import { integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import type { StatementKind } from '@ledgersync/shared/statements'
import { bytes, firmId, id, instant } from '../columns.ts'

export const statementsTable = pgTable(
  'statements',
  {
    firmId: firmId(),
    id: id(),
    clientId: uuid('client_id').notNull(),
    fileName: text('file_name').notNull(),
    kind: text('kind').$type<StatementKind>().notNull(),
    byteCount: integer('byte_count').notNull(),
    sha256: text('sha256').notNull(),
    receivedAt: instant('received_at').notNull(),
    sentBy: uuid('sent_by'),
    senderDigest: text('sender_digest'),
    downloadedAt: instant('downloaded_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] }), unique().on(t.firmId, t.clientId, t.sha256)],
)

export const statementPiecesTable = pgTable(
  'statement_pieces',
  {
    firmId: firmId(),
    id: id(),
    statementId: uuid('statement_id').notNull(),
    nth: integer('nth').notNull(),
    contentSealed: bytes('content_sealed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] }), unique().on(t.firmId, t.statementId, t.nth)],
)
