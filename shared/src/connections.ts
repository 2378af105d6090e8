import { type Static, Type } from 'typebox'
import { clientChoice, ClientParams, Currency, Empty, Id, Instant, List, Nullable, OptionalLine, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { MinorSchema } from './money.ts'

export const ConnectionHealth = Type.Enum(['healthy', 'needs_client', 'bank_down', 'syncing', 'disconnected'], {
  description: 'Health of one connection',
})
export type ConnectionHealth = Static<typeof ConnectionHealth>

/** `failing`: whatever is neither healthy nor being fetched. */
export const HealthFilter = Type.Enum([...ConnectionHealth.enum, 'failing'], {
  description: 'Only connections of this health; `failing`: that need the client, are down, or are disconnected',
})
export type HealthFilter = Static<typeof HealthFilter>

const connectionQuery = {
  ...clientChoice,
  search: Type.Optional(OptionalLine('Words of the client, the bank or the cause', 100)),
}

/** How many connections have each health. */
export const ConnectionCounts = Type.Object({
  all: Type.Integer({ description: 'All of them' }),
  failing: Type.Integer({ description: 'That need the client, are down, or are disconnected' }),
  healthy: Type.Integer({ description: 'Healthy' }),
  needs_client: Type.Integer({ description: 'Whose bank wants the client to sign in' }),
  bank_down: Type.Integer({ description: 'Whose bank does not answer' }),
  syncing: Type.Integer({ description: 'Whose rows are being fetched' }),
  disconnected: Type.Integer({ description: 'That no longer stand at the bank' }),
})
export type ConnectionCounts = Static<typeof ConnectionCounts>

export const PostingMode = Type.Enum(['we_post', 'code_only', 'off'], {
  description: 'we_post: entries are pushed; code_only: QuickBooks has its own feed, rows are only coded; off: ignored',
})
export type PostingMode = Static<typeof PostingMode>

export const BankAccount = Type.Object({
  id: Id('The bank account'),
  connectionId: Id('Its connection'),
  name: Type.String({ description: 'Name as the bank gives it' }),
  mask: Nullable(Type.String({ description: 'Last digits' })),
  kind: Type.Enum(['bank', 'card', 'other'], { description: 'bank: checking, savings; card: credit card; other: loans, investments' }),
  subtype: Nullable(Type.String({ description: "The bank's finer type, such as checking" })),
  currency: Currency('Currency of the account'),
  balanceMinor: Nullable(MinorSchema('Balance; what is owed on a card or loan is negative')),
  balanceAt: Nullable(Instant('When the balance was read')),
  booksAccountId: Nullable(Id('The QuickBooks account it is mapped to')),
  mode: PostingMode,
  toReview: Type.Integer({ description: 'Rows to review' }),
})
export type BankAccount = Static<typeof BankAccount>

export const Connection = Type.Object({
  id: Id('The connection'),
  clientId: Id('Its client'),
  institutionId: Nullable(Type.String({ description: 'Institution as the bank provider knows it' })),
  institutionName: Type.String({ description: 'Name of the bank' }),
  health: ConnectionHealth,
  cause: Nullable(Type.String({ description: 'Why it is not healthy, in plain words' })),
  lastSuccessAt: Nullable(Instant('Last good sync')),
  createdAt: Instant('When it was added'),
  accounts: Type.Array(BankAccount, { description: 'Its accounts' }),
  history: Type.Array(
    Type.Object({
      kind: Type.String({ description: 'Added, Broken (Username/Password), Needs MFA, Consent ends, Reconnected, Removed' }),
      at: Instant('When'),
      by: Type.String({ description: 'Who or what' }),
    }),
    { description: 'What happened to it, newest first' },
  ),
})
export type Connection = Static<typeof Connection>

export const ConnectionRow = Type.Object({
  id: Id('The connection'),
  clientId: Id('Its client'),
  clientName: Type.String({ description: 'Name of the client' }),
  institutionName: Type.String({ description: 'Name of the bank' }),
  health: ConnectionHealth,
  cause: Nullable(Type.String({ description: 'Why it is not healthy, in plain words' })),
  lastSuccessAt: Nullable(Instant('Last good sync')),
  clientAskedAt: Nullable(Instant('When the client was asked to sign in again; null when they were not, or need not be')),
  accountCount: Type.Integer({ description: 'Its accounts' }),
})
export type ConnectionRow = Static<typeof ConnectionRow>

const LinkUrl = Type.Object({ url: Type.String({ description: "Open it in a browser: the bank's sign-in" }) })
const tag = 'Bank connections'

export const connections = {
  list: endpoint({
    id: 'listConnections',
    method: 'GET',
    url: '/connections',
    access: 'staff',
    tag,
    summary: 'Health of all connections',
    description: 'Every connection of every client the caller may see, the ones that need somebody first, a page at a time.',
    schema: {
      querystring: Type.Object({ ...pageQuery, ...connectionQuery, health: Type.Optional(HealthFilter) }),
      response: { 200: Page(ConnectionRow) },
    },
  }),
  counts: endpoint({
    id: 'countConnections',
    method: 'GET',
    url: '/connections/counts',
    access: 'staff',
    tag,
    summary: 'Count connections by health',
    description: 'How many of the connections that the same query lists have each health.',
    schema: { querystring: Type.Object(connectionQuery), response: { 200: ConnectionCounts } },
  }),
  listOfClient: endpoint({
    id: 'listClientConnections',
    method: 'GET',
    url: '/clients/:clientId/connections',
    access: 'staff',
    tag,
    summary: "A client's connections",
    description: 'Connections with their accounts and history.',
    schema: { params: ClientParams, response: { 200: List(Connection) } },
  }),
  add: endpoint({
    id: 'addConnection',
    method: 'POST',
    url: '/clients/:clientId/connections',
    access: 'staff',
    tag,
    summary: 'Add a bank yourself',
    description: "For staff who hold the client's own bank login: answers the address of the bank's sign-in.",
    schema: {
      params: ClientParams,
      body: Type.Object({ bankId: Type.Optional(Id('The asked-for bank to open')) }, { additionalProperties: false }),
      response: { 201: LinkUrl },
    },
  }),
  repair: endpoint({
    id: 'repairConnection',
    method: 'POST',
    url: '/clients/:clientId/connections/:connectionId/repair',
    access: 'staff',
    tag,
    summary: 'Repair a connection yourself',
    description: "Answers the address where the bank's sign-in is repeated for this connection. Nothing is added.",
    schema: { params: Type.Object({ clientId: Id('The client'), connectionId: Id('The connection') }), response: { 201: LinkUrl } },
  }),
  askClient: endpoint({
    id: 'askToSignIn',
    method: 'POST',
    url: '/clients/:clientId/ask-to-sign-in',
    access: 'staff',
    tag,
    summary: 'Ask the client to sign in again',
    description:
      'Sends one text, or an e-mail where no text may go, for all banks of the client that want a new sign-in. It goes out by itself, too, ten minutes after a bank broke.',
    schema: { params: ClientParams, response: { 204: Empty } },
  }),
  sync: endpoint({
    id: 'syncClient',
    method: 'POST',
    url: '/clients/:clientId/sync',
    access: 'staff',
    tag,
    summary: 'Synchronize',
    description: "Fetches what is new from all of the client's banks, in the background.",
    schema: { params: ClientParams, response: { 202: Empty } },
  }),
}
