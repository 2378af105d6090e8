import { type Static, Type } from 'typebox'
import { pickedClients } from './client-filter.ts'
import { Id, Instant, List, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { OutreachAction } from './outreach.ts'

/** What is done to each chosen client. */
export const BulkAction = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('invite', { description: 'Invite' }),
        channel: Type.Enum(['sms', 'email', 'both'], { description: 'How the invites go out' }),
      },
      { additionalProperties: false, description: 'Invite: each gets a new invite' },
    ),
    OutreachAction,
    Type.Object(
      {
        kind: Type.Literal('assign', { description: 'Assign staff' }),
        mode: Type.Enum(['add', 'replace', 'remove'], { description: 'Add to those assigned, take their place, or take away' }),
        staffIds: Type.Array(Id('A member of staff'), { description: 'Who', minItems: 1, maxItems: 50, uniqueItems: true }),
      },
      { additionalProperties: false, description: 'Assign staff; administrators only' },
    ),
    Type.Object(
      {
        kind: Type.Literal('group', { description: 'Put into a group' }),
        groupId: Nullable(Id('The group; null takes them out of theirs')),
      },
      { additionalProperties: false, description: 'Put into a group' },
    ),
    Type.Object({ kind: Type.Literal('lock', { description: 'Lock' }) }, { additionalProperties: false, description: 'Lock' }),
    Type.Object({ kind: Type.Literal('unlock', { description: 'Unlock' }) }, { additionalProperties: false, description: 'Unlock' }),
    Type.Object(
      { kind: Type.Literal('undo', { description: 'Undo' }), runId: Id('The run that is taken back') },
      {
        additionalProperties: false,
        description:
          'Undo: takes back what an earlier run of yours did to its clients, where nobody has changed it since. Invites that went out stay.',
      },
    ),
  ],
  { description: 'What is done to each chosen client' },
)
export type BulkAction = Static<typeof BulkAction>

export const BulkStart = Type.Object({ action: BulkAction, ...pickedClients }, { additionalProperties: false })
export type BulkStart = Static<typeof BulkStart>

export const BulkOutcome = Type.Enum(['waiting', 'done', 'skipped', 'failed'], {
  description: 'What came of it; `skipped`: it was so already, there was nothing to do, or the client is gone',
})
export type BulkOutcome = Static<typeof BulkOutcome>

export const BulkRun = Type.Object({
  id: Id('The run'),
  action: BulkAction,
  requestedAt: Instant('When it was asked for'),
  finishedAt: Nullable(Instant('When the last client was done; null while it runs')),
  total: Type.Integer({ description: 'Clients' }),
  done: Type.Integer({ description: 'Of these, done' }),
  skipped: Type.Integer({ description: 'Of these, where it was so already or there was nothing to do' }),
  failed: Type.Integer({ description: 'Of these, where it could not be done' }),
  undoable: Type.Boolean({ description: 'Whether an undo would find something to take back' }),
})
export type BulkRun = Static<typeof BulkRun>

export const BulkItem = Type.Object({
  clientId: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  outcome: BulkOutcome,
  reason: Nullable(Type.String({ description: 'Why it failed or was skipped, in plain words' })),
})
export type BulkItem = Static<typeof BulkItem>

const tag = 'Clients'
const RunParams = Type.Object({ runId: Id('The run') })

export const bulk = {
  start: endpoint({
    id: 'startBulkRun',
    method: 'POST',
    url: '/clients/bulk',
    access: 'staff',
    tag,
    summary: 'Do something to many clients',
    description:
      'To the named clients, or to all that match a filter now. It is done one client after another in the background; each has its own outcome.',
    schema: { body: BulkStart, response: { 202: BulkRun } },
  }),
  list: endpoint({
    id: 'listBulkRuns',
    method: 'GET',
    url: '/bulk-runs',
    access: 'staff',
    tag,
    summary: 'Your runs over many clients',
    description: 'The newest ten that the signed-in person asked for, newest first.',
    schema: { response: { 200: List(BulkRun) } },
  }),
  get: endpoint({
    id: 'getBulkRun',
    method: 'GET',
    url: '/bulk-runs/:runId',
    access: 'staff',
    tag,
    summary: 'One run over many clients',
    description: 'How far it is. Only of the person who asked for it.',
    schema: { params: RunParams, response: { 200: BulkRun } },
  }),
  items: endpoint({
    id: 'listBulkItems',
    method: 'GET',
    url: '/bulk-runs/:runId/clients',
    access: 'staff',
    tag,
    summary: 'What came of each client',
    description: 'The clients of a run in their order, a page at a time.',
    schema: {
      params: RunParams,
      querystring: Type.Object({ ...pageQuery, outcome: Type.Optional(BulkOutcome) }),
      response: { 200: Page(BulkItem) },
    },
  }),
}
