import { type Static, Type } from 'typebox'
import {
  ClientParams,
  Email,
  Empty,
  Id,
  Instant,
  Language,
  Line,
  List,
  Nullable,
  OptionalLine,
  Page,
  pageQuery,
  PhoneInput,
} from './common.ts'
import { clientFilter, ClientSort } from './client-filter.ts'
import { BooksState, Health, InviteState } from './client-states.ts'
import { endpoint } from './endpoint.ts'

/** A bank staff want the client to connect. */
export const WantedBank = Type.Object({
  id: Id('The choice'),
  institutionId: Type.String({ description: 'Institution as the bank provider knows it' }),
  name: Type.String({ description: 'Name of the bank' }),
  connectionId: Nullable(Id('The connection that fulfilled it; null while missing')),
})
export type WantedBank = Static<typeof WantedBank>

export const Institution = Type.Object({
  institutionId: Type.String({ description: 'Institution as the bank provider knows it' }),
  name: Type.String({ description: 'Name of the bank' }),
  routingNumber: Nullable(Type.String({ description: 'First routing number, when known' })),
  color: Nullable(Type.String({ description: 'Main colour, `#rrggbb`' })),
})
export type Institution = Static<typeof Institution>

export const Client = Type.Object({
  id: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  contactFirstName: Type.String({ description: 'First name of the contact; empty when unknown' }),
  contactLastName: Type.String({ description: 'Last name of the contact; empty when unknown' }),
  email: Nullable(Type.String({ description: 'E-mail of the contact' })),
  phone: Nullable(Type.String({ description: 'Cell phone, E.164' })),
  username: Type.String({ description: 'Unique in the firm' }),
  usernameIsPlaceholder: Type.Boolean({ description: 'A made-up address: nothing is ever sent to it' }),
  staffHaveAccess: Type.Boolean({ description: "Whether staff hold the client's own bank login" }),
  textConsentAt: Nullable(Instant('When the client agreed to texts')),
  textConsentBy: Nullable(Type.String({ description: 'Who recorded that' })),
  textOptedOut: Type.Boolean({ description: 'Whether the phone has answered STOP' }),
  timeZone: Type.String({ description: 'IANA time zone of the client' }),
  language: Language,
  locked: Type.Boolean({ description: 'Links do not work and syncs pause' }),
  createdAt: Instant('When it was added'),
  groupId: Nullable(Id('Its group; null when it is in none')),
  groupName: Nullable(Type.String({ description: 'Name of its group' })),
  staffIds: Type.Array(Id('A member of staff'), { description: 'Assigned staff' }),
  banks: Type.Array(WantedBank, { description: 'Banks the client is asked to connect' }),
})
export type Client = Static<typeof Client>

export const ClientRow = Type.Object({
  id: Id('The client'),
  businessName: Type.String({ description: 'Name of the business' }),
  contactName: Type.String({ description: 'Name of the contact; empty when unknown' }),
  email: Nullable(Type.String({ description: 'E-mail of the contact' })),
  phone: Nullable(Type.String({ description: 'Cell phone, E.164' })),
  username: Type.String({ description: 'Unique in the firm' }),
  locked: Type.Boolean({ description: 'Links do not work and syncs pause' }),
  createdAt: Instant('When it was added'),
  staffHaveAccess: Type.Boolean({ description: "Whether staff hold the client's own bank login" }),
  textConsent: Type.Boolean({ description: 'Whether the client agreed to texts' }),
  textOptedOut: Type.Boolean({ description: 'Whether the phone has answered STOP' }),
  invite: Nullable(
    Type.Object({
      state: InviteState,
      at: Instant('When it reached that state'),
      reason: Nullable(Type.String({ description: 'Why it failed, in plain words' })),
      sentStatements: Type.Boolean({ description: 'Whether the client answered with statements' }),
    }),
    { description: 'Its newest invite; null when it was never invited' },
  ),
  health: Health,
  connections: Type.Integer({ description: 'Bank connections' }),
  connectionsHealthy: Type.Integer({ description: 'Healthy ones' }),
  lastSyncAt: Nullable(Instant('Last good sync')),
  toReview: Type.Integer({ description: 'Transactions to review' }),
  pushesFailed: Type.Integer({ description: 'Entries that QuickBooks refused' }),
  books: BooksState,
  groupId: Nullable(Id('Its group; null when it is in none')),
  groupName: Nullable(Type.String({ description: 'Name of its group' })),
  staff: Type.Array(Type.Object({ id: Id('A member of staff'), name: Type.String({ description: 'Full name' }) }), {
    description: 'Assigned staff',
  }),
})
export type ClientRow = Static<typeof ClientRow>

export const InviteChannel = Type.Enum(['sms', 'email', 'both', 'none'], { description: 'How the invite goes out' })
export type InviteChannel = Static<typeof InviteChannel>

/** A bank that the client is to be asked for. */
export const WantedBankInput = Type.Object(
  {
    institutionId: Line('Institution as the bank provider knows it', 64),
    name: Line('Name of the bank'),
    routingNumber: Type.Optional(Nullable(Type.String({ description: 'Nine digits', pattern: '^[0-9]{9}$' }))),
  },
  { additionalProperties: false },
)

export const ClientCreate = Type.Object(
  {
    staffHaveAccess: Type.Boolean({ description: 'Answer to "Do you have this client\'s own bank login?"' }),
    businessName: Line('Name of the business'),
    contactFirstName: Type.Optional(OptionalLine('First name of the contact', 60)),
    contactLastName: Type.Optional(OptionalLine('Last name of the contact', 60)),
    email: Type.Optional(Nullable(Email('E-mail; required when staff have no access'))),
    phone: Type.Optional(Nullable(PhoneInput('Cell phone; required when staff have no access'))),
    username: Type.Optional(Line('Username; the e-mail when left out', 254)),
    textConsent: Type.Optional(Type.Boolean({ description: 'The client agreed to receive texts' })),
    timeZone: Type.Optional(Line("IANA time zone; the firm's default when left out", 64)),
    language: Type.Optional(Language),
    groupId: Type.Optional(Nullable(Id('A group of the firm'))),
    staffIds: Type.Optional(
      Type.Array(Id('A member of staff'), { description: 'Assigned staff; administrators only', maxItems: 50, uniqueItems: true }),
    ),
    banks: Type.Optional(Type.Array(WantedBankInput, { description: 'Banks the client is asked to connect', maxItems: 20 })),
    invite: Type.Optional(InviteChannel),
  },
  { additionalProperties: false },
)
export type ClientCreate = Static<typeof ClientCreate>

export const ClientUpdate = Type.Object(
  {
    businessName: Type.Optional(Line('Name of the business')),
    contactFirstName: Type.Optional(OptionalLine('First name of the contact', 60)),
    contactLastName: Type.Optional(OptionalLine('Last name of the contact', 60)),
    email: Type.Optional(Nullable(Email('E-mail of the contact'))),
    phone: Type.Optional(Nullable(PhoneInput('Cell phone of the contact'))),
    username: Type.Optional(Line('Username, unique in the firm', 254)),
    textConsent: Type.Optional(Type.Boolean({ description: 'The client agreed to receive texts' })),
    timeZone: Type.Optional(Line('IANA time zone', 64)),
    language: Type.Optional(Language),
    staffHaveAccess: Type.Optional(Type.Boolean({ description: "Whether staff hold the client's own bank login" })),
    groupId: Type.Optional(Nullable(Id('A group of the firm; null takes it out'))),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type ClientUpdate = Static<typeof ClientUpdate>

const tag = 'Clients'

export const clients = {
  list: endpoint({
    id: 'listClients',
    method: 'GET',
    url: '/clients',
    access: 'staff',
    tag,
    summary: 'List clients',
    description: 'Clients the caller may see that match every filter, in the chosen order, a page at a time.',
    schema: {
      querystring: Type.Object({ ...pageQuery, ...clientFilter, sort: Type.Optional(ClientSort) }),
      response: { 200: Page(ClientRow) },
    },
  }),
  counts: endpoint({
    id: 'countClients',
    method: 'GET',
    url: '/clients/counts',
    access: 'staff',
    tag,
    summary: 'Count clients by view',
    description: 'How many clients stand in each view of the list, for its tabs.',
    schema: {
      response: {
        200: Type.Object({
          all: Type.Integer({ description: 'All clients the caller may see' }),
          needsClient: Type.Integer({ description: 'A bank needs the client' }),
          neverConnected: Type.Integer({ description: 'No bank connected yet' }),
          toReview: Type.Integer({ description: 'Transactions to review' }),
          mine: Type.Integer({ description: 'Assigned to the caller' }),
        }),
      },
    },
  }),
  create: endpoint({
    id: 'createClient',
    method: 'POST',
    url: '/clients',
    access: 'staff',
    tag,
    summary: 'Add a client',
    description:
      'Adds a client and, when `invite` names a channel, invites them in the same transaction. A taken username answers `username_taken` with a free one.',
    schema: { body: ClientCreate, response: { 201: Client } },
  }),
  get: endpoint({
    id: 'getClient',
    method: 'GET',
    url: '/clients/:clientId',
    access: 'staff',
    tag,
    summary: 'One client',
    description: 'A client with the banks asked for and the staff assigned.',
    schema: { params: ClientParams, response: { 200: Client } },
  }),
  update: endpoint({
    id: 'updateClient',
    method: 'PATCH',
    url: '/clients/:clientId',
    access: 'staff',
    tag,
    summary: 'Change a client',
    description: 'Changes only the members that are sent.',
    schema: { params: ClientParams, body: ClientUpdate, response: { 200: Client } },
  }),
  assign: endpoint({
    id: 'assignClient',
    method: 'PUT',
    url: '/clients/:clientId/staff',
    access: 'administrator',
    tag,
    summary: 'Assign staff',
    description: 'Replaces the staff assigned to the client. Employees see only clients assigned to them.',
    schema: {
      params: ClientParams,
      body: Type.Object(
        { staffIds: Type.Array(Id('A member of staff'), { description: 'All who are assigned', maxItems: 50, uniqueItems: true }) },
        { additionalProperties: false },
      ),
      response: { 200: Client },
    },
  }),
  lock: endpoint({
    id: 'lockClient',
    method: 'POST',
    url: '/clients/:clientId/lock',
    access: 'staff',
    tag,
    summary: 'Lock a client',
    description:
      'Links stop working, waiting messages are not sent and nothing is fetched until it is unlocked. One that is locked answers `conflict`.',
    schema: { params: ClientParams, response: { 200: Client } },
  }),
  unlock: endpoint({
    id: 'unlockClient',
    method: 'POST',
    url: '/clients/:clientId/unlock',
    access: 'staff',
    tag,
    summary: 'Unlock a client',
    description: 'Links that have not expired work again, and what came meanwhile is fetched. One that is not locked answers `conflict`.',
    schema: { params: ClientParams, response: { 200: Client } },
  }),
  addBank: endpoint({
    id: 'addWantedBank',
    method: 'POST',
    url: '/clients/:clientId/banks',
    access: 'staff',
    tag,
    summary: 'Ask for a bank',
    description: 'The client sees it as a button on their page and does not have to search.',
    schema: { params: ClientParams, body: WantedBankInput, response: { 201: WantedBank } },
  }),
  removeBank: endpoint({
    id: 'removeWantedBank',
    method: 'DELETE',
    url: '/clients/:clientId/banks/:bankId',
    access: 'staff',
    tag,
    summary: 'Stop asking for a bank',
    description: "Takes the bank off the client's page. A connection made from it stays.",
    schema: { params: Type.Object({ clientId: Id('The client'), bankId: Id('The choice') }), response: { 204: Empty } },
  }),
  searchInstitutions: endpoint({
    id: 'searchInstitutions',
    method: 'GET',
    url: '/institutions',
    access: 'staff',
    tag,
    summary: 'Find banks',
    description: 'Banks by name or by nine-digit routing number, at most ten.',
    schema: { querystring: Type.Object({ query: Line('Name or routing number', 100) }), response: { 200: List(Institution) } },
  }),
}
