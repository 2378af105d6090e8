import { boolean, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { InviteChannel } from '@ledgersync/shared/clients'
import type { BadRows, CellProblem, UploadField, UploadRow, UploadState } from '@ledgersync/shared/uploads'
import { firmId, id, instant } from '../columns.ts'

export const uploadsTable = pgTable(
  'uploads',
  {
    firmId: firmId(),
    id: id(),
    fileName: text('file_name').notNull(),
    state: text('state').$type<UploadState>().notNull(),
    createdAt: instant('created_at').notNull(),
    createdBy: uuid('created_by').notNull(),
    notes: jsonb('notes').$type<string[]>().notNull(),
    headers: jsonb('headers').$type<string[]>().notNull(),
    fields: jsonb('fields').$type<(UploadField | null)[]>().notNull(),
    staffHaveAccess: boolean('staff_have_access').notNull(),
    refusal: text('refusal'),
    badRows: text('bad_rows').$type<BadRows>(),
    invite: text('invite').$type<InviteChannel>(),
    requestedAt: instant('requested_at'),
    requestedBy: uuid('requested_by'),
    requestId: text('request_id'),
    requestIp: text('request_ip'),
    progressDone: integer('progress_done').notNull().default(0),
    progressTotal: integer('progress_total').notNull().default(0),
    finishedAt: instant('finished_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)

export const uploadRowsTable = pgTable(
  'upload_rows',
  {
    firmId: firmId(),
    uploadId: uuid('upload_id').notNull(),
    row: integer('row_number').notNull(),
    cells: jsonb('cells').$type<string[]>().notNull(),
    damage: jsonb('damage').$type<Record<number, string>>().notNull(),
    problems: jsonb('problems').$type<CellProblem[]>().notNull(),
    action: text('action').$type<NonNullable<UploadRow['action']>>(),
    clientId: uuid('client_id'),
    outcome: text('outcome').$type<NonNullable<UploadRow['outcome']>>(),
    invite: text('invite').$type<NonNullable<UploadRow['invite']>>(),
    inviteReason: text('invite_reason'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.uploadId, t.row] })],
)
