import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { BulkAction, BulkOutcome } from '@ledgersync/shared/bulk'
import { firmId, id, instant } from '../columns.ts'

export const bulkRunsTable = pgTable(
  'bulk_runs',
  {
    firmId: firmId(),
    id: id(),
    staffId: uuid('staff_id').notNull(),
    action: jsonb('action').$type<BulkAction>().notNull(),
    requestedAt: instant('requested_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

/** What a run made of a client, and what was before it. */
export type BulkUndo =
  | { kind: 'group'; after: string | null; before: string | null }
  | { kind: 'assign'; after: readonly string[]; before: readonly string[] }
  | { kind: 'lock'; after: boolean; before: boolean }

export const bulkItemsTable = pgTable(
  'bulk_items',
  {
    firmId: firmId(),
    runId: uuid('run_id').notNull(),
    position: integer('position').notNull(),
    clientId: uuid('client_id').notNull(),
    outcome: text('outcome').$type<BulkOutcome>().notNull(),
    reason: text('reason'),
    undo: jsonb('undo').$type<BulkUndo>(),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.runId, t.position] })],
)
