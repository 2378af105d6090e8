import { type Static, Type } from 'typebox'
import { clientChoice, Currency, Day, Id, Instant, Nullable, OptionalLine, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { MinorSchema } from './money.ts'

export const Stage = Type.Enum(['pending', 'open', 'approved', 'pushing', 'pushed', 'failed', 'removed'], {
  description: 'pending at the bank, open for review, approved, being pushed, in QuickBooks, refused by QuickBooks, withdrawn by the bank',
})
export type Stage = Static<typeof Stage>

/** Why a row cannot be pushed. Empty when it can. */
export const Blocker = Type.Enum(
  ['books_not_connected', 'account_not_mapped', 'category_not_mapped', 'foreign_currency', 'inexact_amount', 'mode_off', 'zero_amount'],
  { description: 'What stands between the row and QuickBooks' },
)
export type Blocker = Static<typeof Blocker>

export const Bucket = Type.Enum(['matched', 'needs_review', 'blocked'], { description: 'Why the row stands in review' })
export type Bucket = Static<typeof Bucket>

/** Who decided a field. */
export const Source = Type.Enum(['person', 'client_rule', 'global_rule'], { description: 'Who decided' })
export type Source = Static<typeof Source>

export const Coding = Type.Object(
  {
    vendorId: Nullable(Id('Vendor in QuickBooks')),
    vendorName: Nullable(Type.String({ description: 'Its name' })),
    categoryId: Nullable(Id('Category of the firm, resolved per client')),
    booksAccountId: Nullable(Id('QuickBooks account: chosen, or what the category is mapped to')),
    categoryName: Nullable(Type.String({ description: 'What a person reads: the category or the account' })),
    memo: Nullable(Type.String({ description: 'Memo of the entry' })),
    vendorBy: Nullable(Source),
    categoryBy: Nullable(Source),
  },
  { description: 'What it is to be in QuickBooks, and who said so' },
)
export type Coding = Static<typeof Coding>

export const Transaction = Type.Object({
  id: Id('The transaction'),
  clientId: Id('Its client'),
  clientName: Type.String({ description: 'Name of the client' }),
  bankAccountId: Id('Its bank account'),
  accountName: Type.String({ description: 'Name of the account' }),
  accountMask: Nullable(Type.String({ description: 'Last digits of the account' })),
  date: Day('Date the bank posted it, or reported it while pending'),
  description: Type.String({ description: 'Text of the bank' }),
  payee: Nullable(Type.String({ description: 'Clean name of the other side, when the bank gives one' })),
  checkNumber: Nullable(Type.String({ description: 'Number of the check' })),
  bankCategory: Nullable(Type.String({ description: 'Category of the bank' })),
  amountMinor: MinorSchema('Positive is money into the account'),
  currency: Currency('Currency of the amount'),
  inexactAmount: Nullable(Type.String({ description: 'The amount as the bank wrote it, when it has fractions of the smallest unit' })),
  stage: Stage,
  bucket: Nullable(Bucket),
  blockers: Type.Array(Blocker, { description: 'What keeps it out of QuickBooks' }),
  coding: Coding,
  why: Nullable(
    Type.Object({
      ruleId: Nullable(Id('The rule that decided')),
      ruleName: Type.String({ description: 'Its name at the time' }),
      ruleVersion: Type.Integer({ description: 'Its version at the time' }),
      scope: Type.Enum(['client', 'global'], { description: 'Whose rule' }),
      matched: Type.Array(Type.String({ description: 'Words of the description' }), { description: 'What matched' }),
    }),
    { description: 'The rule that coded it; null when none did' },
  ),
  approvedAt: Nullable(Instant('When it was approved')),
  approvedBy: Nullable(Type.String({ description: 'Who approved' })),
  push: Nullable(
    Type.Object({
      state: Type.Enum(['queued', 'sending', 'pushed', 'failed', 'undoing'], { description: 'State of its entry' }),
      url: Nullable(Type.String({ description: 'The entry in QuickBooks' })),
      reason: Nullable(Type.String({ description: 'Why it failed, in plain words' })),
    }),
    { description: 'Its entry in QuickBooks; null when none was asked for' },
  ),
})
export type Transaction = Static<typeof Transaction>

export const transactionQuery = {
  clientId: Type.Optional(Id('Only this client')),
  ...clientChoice,
  bankAccountId: Type.Optional(Id('Only this bank account')),
  search: Type.Optional(OptionalLine('Words of the description or payee', 100)),
  from: Type.Optional(Day('First date')),
  to: Type.Optional(Day('Last date')),
}

export const transactions = {
  list: endpoint({
    id: 'listTransactions',
    method: 'GET',
    url: '/transactions',
    access: 'staff',
    tag: 'Transactions',
    summary: 'List transactions',
    description: 'Transactions of all clients the caller may see, newest first, a page at a time. Withdrawn rows are left out.',
    schema: {
      querystring: Type.Object({ ...pageQuery, ...transactionQuery, stage: Type.Optional(Stage) }),
      response: { 200: Page(Transaction) },
    },
  }),
  get: endpoint({
    id: 'getTransaction',
    method: 'GET',
    url: '/transactions/:transactionId',
    access: 'staff',
    tag: 'Transactions',
    summary: 'One transaction',
    description: 'With its coding, why it was coded so, and its entry.',
    schema: { params: Type.Object({ transactionId: Id('The transaction') }), response: { 200: Transaction } },
  }),
}
