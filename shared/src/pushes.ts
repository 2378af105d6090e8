import { type Static, Type } from 'typebox'
import { clientChoice, Day, Described, Id, Instant, List, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { MinorSchema } from './money.ts'
import { RowOutcomes } from './review.ts'

export const PushState = Type.Enum(['queued', 'sending', 'pushed', 'failed', 'undoing', 'undone'], {
  description: 'State of one entry; undoing: it is being taken back out of QuickBooks; undone: it was',
})
export type PushState = Static<typeof PushState>

export const EntryKind = Type.Enum(['expense', 'check', 'card_charge', 'card_credit', 'deposit'], {
  description: 'Sort of entry in QuickBooks',
})
export type EntryKind = Static<typeof EntryKind>

export const PushBatch = Type.Object({
  id: Id('The batch'),
  clientId: Id('Its client'),
  clientName: Type.String({ description: 'Name of the client' }),
  requestedAt: Instant('Requested date'),
  requestedBy: Type.String({ description: 'Who asked' }),
  processedAt: Nullable(Instant('When the last entry was settled')),
  count: Type.Integer({ description: 'Entries' }),
  pushed: Type.Integer({ description: 'In QuickBooks' }),
  failed: Type.Integer({ description: 'Refused' }),
  undoing: Type.Integer({ description: 'Being taken back out of QuickBooks' }),
  undone: Type.Integer({ description: 'Taken back out of QuickBooks' }),
  heldBack: Type.Integer({ description: 'In QuickBooks still, although they were to be taken back' }),
  undoneBy: Nullable(Type.String({ description: 'Who asked for the last of them to be taken back' })),
  state: Type.Enum(['waiting', 'running', 'done', 'failed', 'reconnect', 'undoing', 'undone'], {
    description: 'failed: at least one entry was refused; reconnect: QuickBooks ended the access; undone: all entries were taken back',
  }),
})
export type PushBatch = Static<typeof PushBatch>

export const Push = Type.Object({
  id: Id('The push'),
  transactionId: Id('Its transaction'),
  date: Day('Date of the entry'),
  description: Type.String({ description: 'Text of the bank' }),
  kind: EntryKind,
  amountMinor: MinorSchema('Positive is money in'),
  currency: Type.String({ description: 'Currency of the amount' }),
  state: PushState,
  reason: Nullable(Type.String({ description: 'Why it failed, or why it was not taken back, in plain words' })),
  url: Nullable(Type.String({ description: 'The entry in QuickBooks' })),
})
export type Push = Static<typeof Push>

const BatchParams = Type.Object({ batchId: Id('The batch') })
const tag = 'Pushes'

export const pushes = {
  create: endpoint({
    id: 'pushTransactions',
    method: 'POST',
    url: '/pushes',
    access: 'staff',
    need: { permission: 'push' },
    tag,
    summary: 'Push to QuickBooks',
    description:
      'Pushes the given approved rows, or all approved rows of a client or of everybody, one batch per company. A row is pushed at most once.',
    schema: {
      body: Type.Object(
        {
          transactionIds: Type.Optional(
            Type.Array(Id('A transaction'), { description: 'These rows', minItems: 1, maxItems: 500, uniqueItems: true }),
          ),
          clientId: Type.Optional(Id('All approved rows of this client')),
        },
        { additionalProperties: false },
      ),
      response: {
        201: Type.Object({ batches: Type.Array(PushBatch, { description: 'One per company' }), refused: RowOutcomes.properties.refused }),
      },
    },
  }),
  list: endpoint({
    id: 'listPushBatches',
    method: 'GET',
    url: '/push-batches',
    access: 'staff',
    tag,
    summary: 'Sync Status',
    description: 'Pushes of all clients the caller may see, newest first, a page at a time.',
    schema: {
      querystring: Type.Object({
        ...pageQuery,
        clientId: Type.Optional(Id('Only this client')),
        ...clientChoice,
        view: Type.Optional(Type.Enum(['all', 'running', 'failed', 'done', 'undone'], { description: 'Only these', default: 'all' })),
      }),
      response: { 200: Page(PushBatch) },
    },
  }),
  get: endpoint({
    id: 'getPushBatch',
    method: 'GET',
    url: '/push-batches/:batchId',
    access: 'staff',
    tag,
    summary: 'One batch',
    description: 'The batch with its entries, failed ones first.',
    schema: {
      params: BatchParams,
      response: { 200: Type.Object({ batch: Described(PushBatch, 'The batch'), entries: List(Push).properties.items }) },
    },
  }),
  retry: endpoint({
    id: 'retryPushBatch',
    method: 'POST',
    url: '/push-batches/:batchId/retry',
    access: 'staff',
    need: { permission: 'push' },
    tag,
    summary: 'Retry what failed',
    description: 'Queues the failed entries of a batch again, coded as the rows are now. What stands in QuickBooks is not sent again.',
    schema: { params: BatchParams, response: { 200: PushBatch } },
  }),
  undo: endpoint({
    id: 'undoPush',
    method: 'POST',
    url: '/pushes/:pushId/undo',
    access: 'staff',
    need: { permission: 'undo' },
    tag,
    summary: 'Undo one entry',
    description:
      'Takes an entry back out of QuickBooks, in the background; its transaction is approved again and can be pushed anew. One that was edited, linked or closed there since is held back with the reason. Answers its batch.',
    schema: { params: Type.Object({ pushId: Id('The push') }), response: { 200: PushBatch } },
  }),
  undoBatch: endpoint({
    id: 'undoPushBatch',
    method: 'POST',
    url: '/push-batches/:batchId/undo',
    access: 'staff',
    need: { permission: 'undo' },
    tag,
    summary: 'Undo a batch',
    description: 'Takes every entry of the batch that stands in QuickBooks back out of it, like `undoPush` for each.',
    schema: { params: BatchParams, response: { 200: PushBatch } },
  }),
}
