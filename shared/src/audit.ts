import { type Static, Type } from 'typebox'
import { Csv, Day, Id, Instant, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'

/** What sort of thing an entry is about. */
export const AuditKind = Type.Enum(
  ['access', 'team', 'firm', 'clients', 'invites', 'statements', 'banks', 'review', 'rules', 'books', 'other'],
  {
    description:
      'access: signing in and out; team; firm: settings and groups; clients; invites: invites and links; statements; banks: connections; review: coding and approval; rules: rules and categories; books: QuickBooks, mapping and pushes',
  },
)
export type AuditKind = Static<typeof AuditKind>

export const AuditEntry = Type.Object({
  id: Id('The entry'),
  at: Instant('When it happened'),
  actorKind: Type.Enum(['staff', 'client', 'system'], {
    description: 'Whether a member of staff, a client by their link, or a job did it',
  }),
  actorName: Type.String({ description: 'Who did it' }),
  what: Type.String({ description: 'What was done, in plain words' }),
  subject: Nullable(Type.String({ description: 'Name of what it was done to, where it has one' })),
  clientId: Nullable(Id('The client it is about')),
  clientName: Nullable(Type.String({ description: 'Its name; null when it is about none, or the client was deleted' })),
  changes: Type.Array(
    Type.Object({
      name: Type.String({ description: 'What changed, in plain words' }),
      before: Nullable(Type.String({ description: 'Before; null where there was nothing' })),
      after: Nullable(Type.String({ description: 'After; null where nothing is left' })),
    }),
    { description: 'Before and after; empty when there is none, or when it was erased with its client' },
  ),
  ip: Nullable(Type.String({ description: 'Network address it came from; null for jobs' })),
})
export type AuditEntry = Static<typeof AuditEntry>

export const AuditCheck = Type.Object({
  id: Id('The check'),
  requestedAt: Instant('When it was asked for'),
  requestedBy: Type.String({ description: 'Who asked' }),
  checked: Type.Integer({ description: 'Entries checked so far' }),
  finishedAt: Nullable(Instant('When it ended; null while it runs')),
  ok: Nullable(Type.Boolean({ description: 'Whether nothing was changed, removed or moved; null while it runs' })),
  entries: Nullable(Type.Integer({ description: 'Entries in the chain' })),
  waiting: Nullable(Type.Integer({ description: 'Newest entries that are not in it yet, for some seconds' })),
  problem: Nullable(Type.String({ description: 'The first thing that does not add up' })),
})
export type AuditCheck = Static<typeof AuditCheck>

const filters = {
  who: Type.Optional(
    Type.String({
      description: 'Only by this member of staff, by id; `clients`: by clients; `system`: by jobs',
      pattern: '^(clients|system|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
    }),
  ),
  clientId: Type.Optional(Id('Only about this client')),
  kind: Type.Optional(AuditKind),
  from: Type.Optional(Day('First day, in the time zone of the firm')),
  to: Type.Optional(Day('Last day, in the time zone of the firm')),
}
const tag = 'Audit log'

export const audit = {
  list: endpoint({
    id: 'listAuditLog',
    method: 'GET',
    url: '/audit-log',
    access: 'administrator',
    tag,
    summary: 'The audit log',
    description:
      'Every change, newest first, a page at a time. Entries are never changed or removed; deleting a client erases before and after of its entries.',
    schema: { querystring: Type.Object({ ...pageQuery, ...filters }), response: { 200: Page(AuditEntry) } },
  }),
  export: endpoint({
    id: 'exportAuditLog',
    method: 'GET',
    url: '/audit-log.csv',
    access: 'administrator',
    tag,
    summary: 'The audit log as a spreadsheet',
    description:
      'The same entries with the same filters, all of them, as CSV. Cells that a spreadsheet would run as a formula are neutralised.',
    schema: { querystring: Type.Object(filters), response: { 200: Csv('One line an entry, newest first') } },
  }),
  checks: endpoint({
    id: 'getAuditCheck',
    method: 'GET',
    url: '/audit-log/check',
    access: 'administrator',
    tag,
    summary: 'The newest check of the audit log',
    description: 'How far it has got, and what it found.',
    schema: { response: { 200: Type.Object({ check: Nullable(AuditCheck, { description: 'The newest; null when there was none' }) }) } },
  }),
  check: endpoint({
    id: 'checkAuditLog',
    method: 'POST',
    url: '/audit-log/check',
    access: 'administrator',
    tag,
    summary: 'Check the audit log',
    description:
      'Recomputes the chain that every entry is sealed into, in the background. While one runs, it is answered instead of another.',
    schema: { response: { 202: AuditCheck } },
  }),
}
