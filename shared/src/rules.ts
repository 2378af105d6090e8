import { type Static, Type } from 'typebox'
import { ClientParams, Described, Empty, Id, Instant, Line, List, Nullable, OptionalLine } from './common.ts'
import { endpoint } from './endpoint.ts'
import { MinorSchema } from './money.ts'

export const Direction = Type.Enum(['in', 'out', 'both'], { description: 'Money in, money out, or both' })
export type Direction = Static<typeof Direction>

const text = (operator: string, description: string) =>
  Type.Object(
    {
      field: Type.Enum(['description', 'payee', 'bank_category', 'check_number'], { description: 'What is looked at' }),
      operator: Type.Literal(operator, { description }),
      value: Line('Text to compare with, case ignored', 200),
    },
    { additionalProperties: false },
  )

/** One condition of a rule. Text is compared without case; amounts without sign, in minor units. */
export const Condition = Type.Union([
  text('contains', 'The value stands somewhere in the field'),
  text('not_contains', 'The value stands nowhere in the field'),
  text('equals', 'The field is the value'),
  text('starts_with', 'The field starts with the value'),
  text('ends_with', 'The field ends with the value'),
  Type.Object(
    {
      field: Type.Literal('amount', { description: 'The amount without its sign' }),
      operator: Type.Enum(['=', '<', '<=', '>', '>='], { description: 'Comparison' }),
      valueMinor: MinorSchema('Amount in minor units, not negative'),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      field: Type.Literal('bank_account', { description: 'The bank account of the row' }),
      operator: Type.Literal('is', { description: 'Exactly this account' }),
      bankAccountId: Id('The bank account'),
    },
    { additionalProperties: false },
  ),
])
export type Condition = Static<typeof Condition>

export const Actions = Type.Object(
  {
    vendorId: Type.Optional(Nullable(Id('Vendor to set'))),
    categoryId: Type.Optional(Nullable(Id('Category of the firm to set; not together with booksAccountId'))),
    booksAccountId: Type.Optional(Nullable(Id('QuickBooks account to set; not together with categoryId'))),
    memo: Type.Optional(Nullable(Line('Memo to set', 200))),
  },
  { additionalProperties: false, description: 'What a matching row gets' },
)
export type Actions = Static<typeof Actions>

const ruleFields = {
  name: Line('Name of the rule'),
  active: Type.Boolean({ description: 'Whether it runs' }),
  direction: Direction,
  match: Type.Enum(['all', 'any'], { description: 'Whether all conditions must hold or any one' }),
  conditions: Type.Array(Condition, { description: 'At least one', minItems: 1, maxItems: 20 }),
  actions: Actions,
}

export const RuleInput = Type.Object({ ...ruleFields }, { additionalProperties: false })
export type RuleInput = Static<typeof RuleInput>

export const RuleUpdate = Type.Object(
  {
    ...ruleFields,
    version: Type.Integer({
      description: 'The version that was edited; another one answers `stale_version`',
      minimum: 1,
      maximum: 1_000_000_000,
    }),
  },
  { additionalProperties: false },
)
export type RuleUpdate = Static<typeof RuleUpdate>

export const Rule = Type.Object({
  id: Id('The rule'),
  clientId: Nullable(Id('Its client; null for a rule of the firm')),
  priority: Type.Integer({ description: '1 runs first; unique per client' }),
  version: Type.Integer({ description: 'Counts the edits' }),
  ...ruleFields,
  vendorName: Nullable(Type.String({ description: 'Name of the vendor it sets' })),
  categoryName: Nullable(Type.String({ description: 'Name of the category or account it sets' })),
  matches: Type.Integer({ description: 'Rows it decided' }),
  lastMatchAt: Nullable(Instant('When it last decided a row')),
})
export type Rule = Static<typeof Rule>

const Tally = (description: string) =>
  Type.Object(
    {
      count: Type.Integer({ description: 'Rows' }),
      totalMinor: Nullable(MinorSchema('Sum of the amounts without sign'), {
        description: 'Sum of the amounts without sign; null when it is beyond what a number holds exactly',
      }),
    },
    { description },
  )

/** What saving a rule would do, before it is saved. */
export const RulePreview = Type.Object({
  newlyCoded: Tally('Rows that had no category and get one'),
  changed: Tally('Rows coded otherwise than now: another category, vendor or memo'),
  kept: Tally('Rows that match but a person decided'),
  alreadyPushed: Tally('Rows that match but stand in QuickBooks'),
  notMapped: Tally('Rows that would be coded but cannot be pushed for want of a mapping'),
  currency: Type.String({ description: 'Currency of the sums; rows of other currencies are counted, not summed' }),
  examples: Type.Array(
    Type.Object({
      transactionId: Id('The transaction'),
      date: Type.String({ description: 'Its date' }),
      description: Type.String({ description: 'Text of the bank' }),
      amountMinor: MinorSchema('Positive is money in'),
      currency: Type.String({ description: 'Currency of the amount' }),
      from: Nullable(Type.String({ description: 'Category now; the vendor or memo when only that changes' })),
      to: Nullable(Type.String({ description: 'The same, after' })),
    }),
    { description: 'Up to twenty rows that would change' },
  ),
})
export type RulePreview = Static<typeof RulePreview>

export const Category = Type.Object({
  id: Id('The category'),
  name: Type.String({ description: 'Name' }),
  description: Type.String({ description: 'What belongs in it' }),
  mappedClients: Type.Integer({ description: 'Clients whose account is known' }),
})
export type Category = Static<typeof Category>

const RuleParams = Type.Object({ clientId: Id('The client'), ruleId: Id('The rule') })
const tag = 'Rules'

export const rules = {
  list: endpoint({
    id: 'listClientRules',
    method: 'GET',
    url: '/clients/:clientId/rules',
    access: 'staff',
    tag,
    summary: "A client's rules",
    description: 'In the order they run: the first match wins.',
    schema: { params: ClientParams, response: { 200: List(Rule) } },
  }),
  create: endpoint({
    id: 'createClientRule',
    method: 'POST',
    url: '/clients/:clientId/rules',
    access: 'staff',
    tag,
    summary: 'Add a rule',
    description: 'Adds it as the last to run and applies all rules to the rows nobody has decided or approved.',
    schema: { params: ClientParams, body: RuleInput, response: { 201: Rule } },
  }),
  update: endpoint({
    id: 'updateClientRule',
    method: 'PUT',
    url: '/clients/:clientId/rules/:ruleId',
    access: 'staff',
    tag,
    summary: 'Change a rule',
    description: 'Replaces it, counts its version up and applies all rules again.',
    schema: { params: RuleParams, body: RuleUpdate, response: { 200: Rule } },
  }),
  remove: endpoint({
    id: 'deleteClientRule',
    method: 'DELETE',
    url: '/clients/:clientId/rules/:ruleId',
    access: 'staff',
    tag,
    summary: 'Delete a rule',
    description: 'Rows it coded and nobody approved are coded again by the others.',
    schema: { params: RuleParams, response: { 204: Empty } },
  }),
  move: endpoint({
    id: 'moveClientRule',
    method: 'POST',
    url: '/clients/:clientId/rules/:ruleId/move',
    access: 'staff',
    tag,
    summary: "Change a rule's priority",
    description: 'Moves it to a place in the running order; the others make room.',
    schema: {
      params: RuleParams,
      body: Type.Object(
        { priority: Type.Integer({ description: 'Its new place, 1 runs first', minimum: 1, maximum: 10000 }) },
        { additionalProperties: false },
      ),
      response: { 200: List(Rule) },
    },
  }),
  preview: endpoint({
    id: 'previewClientRule',
    method: 'POST',
    url: '/clients/:clientId/rules/preview',
    access: 'staff',
    tag,
    summary: 'Try a rule',
    description: 'What saving this rule would do to the rows we have. Changes nothing.',
    schema: {
      params: ClientParams,
      body: Type.Object(
        {
          rule: Described(RuleInput, 'The rule as it would be saved'),
          ruleId: Type.Optional(Id('The rule being edited; a new one when left out')),
        },
        { additionalProperties: false },
      ),
      response: { 200: RulePreview },
    },
  }),
  listCategories: endpoint({
    id: 'listCategories',
    method: 'GET',
    url: '/categories',
    access: 'staff',
    tag,
    summary: "The firm's categories",
    description: "A category is resolved to each client's own QuickBooks account by its mapping.",
    schema: { response: { 200: List(Category) } },
  }),
  createCategory: endpoint({
    id: 'createCategory',
    method: 'POST',
    url: '/categories',
    access: 'staff',
    need: { permission: 'global_rules' },
    tag,
    summary: 'Add a category',
    description: 'Names are unique in the firm, case ignored.',
    schema: {
      body: Type.Object(
        { name: Line('Name', 100), description: Type.Optional(OptionalLine('What belongs in it', 300)) },
        { additionalProperties: false },
      ),
      response: { 201: Category },
    },
  }),
}
