import { type Static, Type } from 'typebox'
import { ClientParams, Empty, Id, Instant, List, Nullable } from './common.ts'
import { PostingMode } from './connections.ts'
import { endpoint } from './endpoint.ts'

export const Books = Type.Object({
  state: Type.Enum(['connected', 'reconnect'], { description: 'reconnect: QuickBooks ended the access; nothing is lost' }),
  companyName: Type.String({ description: 'Name of the QuickBooks company' }),
  homeCurrency: Type.String({ description: 'Its currency' }),
  connectedAt: Instant('When it was connected'),
  refreshedAt: Nullable(Instant('When accounts and vendors were last read')),
  refreshing: Type.Boolean({ description: 'Accounts and vendors are being read now' }),
  url: Type.String({ description: 'The company in QuickBooks' }),
})
export type Books = Static<typeof Books>

export const BooksAccount = Type.Object({
  id: Id('The account'),
  name: Type.String({ description: 'Full name, with its parents: `Automobile:Fuel`' }),
  number: Nullable(Type.String({ description: 'Account number' })),
  type: Type.String({ description: 'QuickBooks account type: Bank, Credit Card, Expense, Income …' }),
  classification: Type.Enum(['asset', 'liability', 'equity', 'revenue', 'expense'], { description: 'Side of the books' }),
  currency: Type.String({ description: 'Its currency' }),
  active: Type.Boolean({ description: 'Inactive accounts take no entries' }),
})
export type BooksAccount = Static<typeof BooksAccount>

export const Vendor = Type.Object({
  id: Id('The vendor'),
  name: Type.String({ description: 'Display name in QuickBooks' }),
  active: Type.Boolean({ description: 'Inactive vendors take no entries' }),
})
export type Vendor = Static<typeof Vendor>

export const Mapping = Type.Object({
  accounts: Type.Array(
    Type.Object({
      bankAccountId: Id('The bank account'),
      institutionName: Type.String({ description: 'Its bank' }),
      name: Type.String({ description: 'Its name' }),
      mask: Nullable(Type.String({ description: 'Last digits' })),
      kind: Type.Enum(['bank', 'card', 'other'], { description: 'Sort of account' }),
      currency: Type.String({ description: 'Its currency' }),
      booksAccountId: Nullable(Id('The QuickBooks account it is mapped to')),
      mode: PostingMode,
      blocked: Type.Integer({ description: 'Rows that wait for this mapping' }),
    }),
    { description: 'Bank accounts' },
  ),
  categories: Type.Array(
    Type.Object({
      categoryId: Id('The category of the firm'),
      name: Type.String({ description: 'Its name' }),
      booksAccountId: Nullable(Id("This client's account for it")),
      blocked: Type.Integer({ description: 'Rows that wait for this mapping' }),
    }),
    { description: 'Categories of the firm' },
  ),
})
export type Mapping = Static<typeof Mapping>

const tag = 'Books'

export const books = {
  authorize: endpoint({
    id: 'connectBooks',
    method: 'POST',
    url: '/clients/:clientId/books/authorization',
    access: 'staff',
    tag,
    summary: 'Connect QuickBooks',
    description: "Answers the address of Intuit's consent page for this client. The same call reconnects.",
    schema: { params: ClientParams, response: { 201: Type.Object({ url: Type.String({ description: 'Open it in the same browser' }) }) } },
  }),
  callback: endpoint({
    // Public, because a browser that comes from elsewhere cannot renew an access cookie that ran out at Intuit; the state decides
    id: 'finishBooksConnection',
    method: 'GET',
    url: '/books/callback',
    access: 'public',
    tag,
    summary: 'Return from Intuit',
    description:
      "Where Intuit sends the browser after consent. Works only in the session that asked; redirects to the client's page, whose `books` says how it went: connected, refused, taken, other, stale, locked or unavailable.",
    schema: {
      querystring: Type.Object(
        {
          state: Type.String({ description: 'Proof that this session asked', maxLength: 2048 }),
          code: Type.Optional(Type.String({ description: 'Authorization code', maxLength: 1024 })),
          realmId: Type.Optional(Type.String({ description: 'The company', maxLength: 64 })),
          error: Type.Optional(Type.String({ description: 'Set when consent was refused', maxLength: 200 })),
          error_description: Type.Optional(Type.String({ description: 'Why', maxLength: 1000 })),
        },
        // Intuit writes this address and may add to it
        { additionalProperties: true },
      ),
      response: { 302: Type.Null({ description: "Back to the client's page" }) },
    },
  }),
  get: endpoint({
    id: 'getBooks',
    method: 'GET',
    url: '/clients/:clientId/books',
    access: 'staff',
    tag,
    summary: "The client's books",
    description: 'Link to QuickBooks; `books` is null when never connected.',
    schema: {
      params: ClientParams,
      response: { 200: Type.Object({ books: Nullable(Books, { description: 'The connected company; null when there is none' }) }) },
    },
  }),
  disconnect: endpoint({
    id: 'disconnectBooks',
    method: 'DELETE',
    url: '/clients/:clientId/books',
    access: 'staff',
    tag,
    summary: 'Disconnect QuickBooks',
    description: 'Revokes our access. Entries already in QuickBooks stay; mappings are kept for a reconnect to the same company.',
    schema: { params: ClientParams, response: { 204: Empty } },
  }),
  refresh: endpoint({
    id: 'refreshBooks',
    method: 'POST',
    url: '/clients/:clientId/books/refresh',
    access: 'staff',
    tag,
    summary: 'Read accounts and vendors again',
    description: 'In the background; the books say when it is done.',
    schema: { params: ClientParams, response: { 202: Empty } },
  }),
  accounts: endpoint({
    id: 'listBooksAccounts',
    method: 'GET',
    url: '/clients/:clientId/books/accounts',
    access: 'staff',
    tag,
    summary: 'Chart of accounts',
    description: "The client's QuickBooks accounts, by name.",
    schema: { params: ClientParams, response: { 200: List(BooksAccount) } },
  }),
  vendors: endpoint({
    id: 'listVendors',
    method: 'GET',
    url: '/clients/:clientId/books/vendors',
    access: 'staff',
    tag,
    summary: 'Vendors',
    description: "The client's QuickBooks vendors, by name.",
    schema: { params: ClientParams, response: { 200: List(Vendor) } },
  }),
  mapping: endpoint({
    id: 'getMapping',
    method: 'GET',
    url: '/clients/:clientId/mapping',
    access: 'staff',
    tag,
    summary: 'Mapping',
    description: "Bank account to QuickBooks account, and category of the firm to this client's account.",
    schema: { params: ClientParams, response: { 200: Mapping } },
  }),
  mapAccount: endpoint({
    id: 'mapBankAccount',
    method: 'PUT',
    url: '/clients/:clientId/mapping/accounts/:bankAccountId',
    access: 'staff',
    tag,
    summary: 'Map a bank account',
    description: 'Nothing of an account is pushed before it is mapped to a QuickBooks account of the same sort and currency.',
    schema: {
      params: Type.Object({ clientId: Id('The client'), bankAccountId: Id('The bank account') }),
      body: Type.Object(
        { booksAccountId: Nullable(Id('The QuickBooks account; null unmaps')), mode: PostingMode },
        { additionalProperties: false },
      ),
      response: { 200: Mapping },
    },
  }),
  mapCategory: endpoint({
    id: 'mapCategory',
    method: 'PUT',
    url: '/clients/:clientId/mapping/categories/:categoryId',
    access: 'staff',
    tag,
    summary: 'Map a category',
    description: "Says which QuickBooks account of this client the firm's category means.",
    schema: {
      params: Type.Object({ clientId: Id('The client'), categoryId: Id('The category') }),
      body: Type.Object({ booksAccountId: Nullable(Id('The QuickBooks account; null unmaps')) }, { additionalProperties: false }),
      response: { 200: Mapping },
    },
  }),
}
