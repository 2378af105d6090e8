import { boolean, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { TemplateUse } from '@ledgersync/shared/templates'
import { firmId, id, instant } from '../columns.ts'

export const messageTemplatesTable = pgTable(
  'message_templates',
  {
    firmId: firmId(),
    id: id(),
    kind: text('kind').$type<TemplateUse['kind']>().notNull(),
    channel: text('channel').$type<TemplateUse['channel']>().notNull(),
    language: text('language').$type<TemplateUse['language']>().notNull(),
    name: text('name').notNull(),
    title: text('title'),
    body: text('body').notNull(),
    inUse: boolean('in_use').notNull(),
    version: integer('version').notNull(),
    createdAt: instant('created_at').notNull(),
    changedAt: instant('changed_at').notNull(),
    changedBy: uuid('changed_by').notNull(),
    archivedAt: instant('archived_at'),
  },
  (t) => [primaryKey({ columns: [t.firmId, t.id] })],
)
