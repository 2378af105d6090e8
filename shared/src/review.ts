import { type Static, Type } from 'typebox'
import { clientChoice, Id, Nullable, OptionalLine, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Bucket, Transaction, transactionQuery } from './transactions.ts'

const transactionIds = Type.Array(Id('A transaction'), {
  description: 'The rows, at most 500',
  minItems: 1,
  maxItems: 500,
  uniqueItems: true,
})

export const CodingInput = Type.Object(
  {
    vendorId: Type.Optional(Nullable(Id('Vendor; null clears'))),
    categoryId: Type.Optional(Nullable(Id('Category of the firm; not together with booksAccountId'))),
    booksAccountId: Type.Optional(Nullable(Id('QuickBooks account; null clears'))),
    memo: Type.Optional(Nullable(OptionalLine('Memo of the entry', 200))),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type CodingInput = Static<typeof CodingInput>

/** What became of each row of a request over many. */
export const RowOutcomes = Type.Object({
  done: Type.Array(Id('A transaction'), { description: 'Rows that changed' }),
  refused: Type.Array(Type.Object({ transactionId: Id('The transaction'), reason: Type.String({ description: 'Why, in plain words' }) }), {
    description: 'Rows that did not, each with its reason',
  }),
})
export type RowOutcomes = Static<typeof RowOutcomes>

export const ReviewCounts = Type.Object({
  all: Type.Integer({ description: 'Rows open for review' }),
  matched: Type.Integer({ description: 'Coded by a rule or a person, ready to approve' }),
  needsReview: Type.Integer({ description: 'Without a category' }),
  blocked: Type.Integer({ description: 'Coded, but something keeps them out of QuickBooks' }),
  approved: Type.Integer({ description: 'Approved and not yet pushed' }),
  clients: Type.Integer({ description: 'Clients with rows open for review' }),
})
export type ReviewCounts = Static<typeof ReviewCounts>

const tag = 'Review'

export const review = {
  list: endpoint({
    id: 'listReview',
    method: 'GET',
    url: '/review',
    access: 'staff',
    tag,
    summary: 'The review queue',
    description: 'Posted rows open for review or approved, over all clients, newest first, a page at a time.',
    schema: {
      querystring: Type.Object({
        ...pageQuery,
        ...transactionQuery,
        bucket: Type.Optional(Type.Union([Bucket, Type.Literal('approved')])),
      }),
      response: { 200: Page(Transaction) },
    },
  }),
  counts: endpoint({
    id: 'countReview',
    method: 'GET',
    url: '/review/counts',
    access: 'staff',
    tag,
    summary: 'Count the review queue',
    description: 'Rows by bucket, for the tabs and the top bar.',
    schema: {
      querystring: Type.Object({
        clientId: Type.Optional(Id('Only this client')),
        ...clientChoice,
      }),
      response: { 200: ReviewCounts },
    },
  }),
  code: endpoint({
    id: 'codeTransaction',
    method: 'PATCH',
    url: '/transactions/:transactionId/coding',
    access: 'staff',
    tag,
    summary: 'Set vendor, category or memo',
    description: "A person's choice: rules never overwrite it. Only rows that are open or approved.",
    schema: { params: Type.Object({ transactionId: Id('The transaction') }), body: CodingInput, response: { 200: Transaction } },
  }),
  approve: endpoint({
    id: 'approveTransactions',
    method: 'POST',
    url: '/review/approve',
    access: 'staff',
    need: { permission: 'approve_many', many: 'transactionIds' },
    tag,
    summary: 'Approve rows',
    description: 'Approves the rows that can be pushed and says of each other one what is missing. Approving twice changes nothing.',
    schema: { body: Type.Object({ transactionIds }, { additionalProperties: false }), response: { 200: RowOutcomes } },
  }),
  unapprove: endpoint({
    id: 'unapproveTransactions',
    method: 'POST',
    url: '/review/unapprove',
    access: 'staff',
    need: { permission: 'approve_many', many: 'transactionIds' },
    tag,
    summary: 'Take approval back',
    description: 'Back to open, as long as the push has not begun.',
    schema: { body: Type.Object({ transactionIds }, { additionalProperties: false }), response: { 200: RowOutcomes } },
  }),
}
