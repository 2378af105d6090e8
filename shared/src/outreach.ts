import { type Static, Type } from 'typebox'
import { anyBank } from './bank-words.ts'
import { pickedClients } from './client-filter.ts'
import { WantedBankInput } from './clients.ts'
import { Described, Id, Instant, Language, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'
import { TemplateChannel, TemplateKind, TextLength } from './templates.ts'
import { bankOf, type BrokenBank, type InviteFacts } from './texts.ts'

/** A client as far as it says to whom a message goes. An address that is not to be used is null. */
export interface AddressedClient {
  id: string
  /** E.164. */
  phone: string | null
  email: string | null
  language: Language
}

/**
 * Clients that are one person: they have an address in common on a channel that is used, and the language, for one message speaks
 * one. With `both` that is the phone or the e-mail: who has one phone and a mailbox for each business gets one text. A client with no
 * address at all is nobody's but its own. Groups stand in the order of their first clients, and clients in the order they came.
 */
export function groupByPerson<Row extends AddressedClient>(rows: readonly Row[], channel: 'sms' | 'email' | 'both'): Row[][] {
  const groups = new Set<Set<Row>>()
  const known = new Map<string, Set<Row>>()
  for (const row of rows) {
    const phone = channel === 'email' || row.phone === null ? [] : [`${row.language} ${row.phone}`]
    const email = channel === 'sms' || row.email === null ? [] : [`${row.language} ${row.email.toLowerCase()}`]
    const keys = [...phone, ...email]
    const [first = new Set<Row>(), ...others] = new Set(keys.flatMap((key) => known.get(key) ?? []))
    groups.add(first.add(row))
    for (const key of keys) known.set(key, first)
    // A client with the phone of one group and the e-mail of another shows that they are one person
    for (const other of others) {
      groups.delete(other)
      for (const one of other) first.add(one)
      for (const [key, group] of known) if (group === other) known.set(key, first)
    }
  }
  const place = new Map(rows.map((row, index) => [row, index]))
  const inOrder = [...groups].map((group) => [...group].sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)))
  return inOrder.sort(([a], [b]) => (a === undefined || b === undefined ? 0 : (place.get(a) ?? 0) - (place.get(b) ?? 0)))
}

/** A client with what its person is asked for. */
export interface AskedClient {
  businessName: string
  contactFirstName: string
  /** Names of banks that are to be connected. */
  missing: readonly string[]
  /** Banks that want a new sign-in. */
  broken: readonly BrokenBank[]
}

/**
 * What a message to one person is about: with several clients each bank says whose it is. The person's name is that of the first
 * client that has one.
 */
export function factsOfPerson(
  clients: readonly AskedClient[],
  speaker: Pick<InviteFacts, 'language' | 'staffName' | 'firmName'>,
): InviteFacts & { broken: readonly BrokenBank[] } {
  const isOne = clients.length === 1
  const unnamed = clients.filter(({ missing, broken }) => missing.length + broken.length === 0)
  return {
    ...speaker,
    contactFirstName: clients.find(({ contactFirstName }) => contactFirstName.trim() !== '')?.contactFirstName ?? '',
    clientNames: clients.map(({ businessName }) => businessName),
    bankNames: [
      ...clients.flatMap(({ businessName, missing }) => missing.map((name) => (isOne ? name : bankOf(name, businessName)))),
      // Beside banks that are named, so is the client of whom any will do; where none is, the words name all clients
      ...(unnamed.length < clients.length ? unnamed.map(({ businessName }) => bankOf(anyBank[speaker.language], businessName)) : []),
    ],
    broken: clients.flatMap(({ businessName, broken }) => broken.map((bank) => (isOne ? bank : { ...bank, clientName: businessName }))),
  }
}

/** Banks that are asked for at once. */
export const outreachBanksMax = 10
const templatesMax = 12
const insteadMax = 1_000

const ask = {
  channel: Type.Enum(['sms', 'email', 'both'], {
    description: 'How it goes out; `both`: by text and e-mail, or by the one that is open',
  }),
  banks: Type.Array(WantedBankInput, {
    description: 'Banks to connect; none: only clients whose banks want a new sign-in are written to',
    maxItems: outreachBanksMax,
  }),
  templateIds: Type.Array(Id('A template'), {
    description: 'Each takes the place of the one in use for its kind, channel and language',
    maxItems: templatesMax,
    uniqueItems: true,
  }),
  insteadIds: Type.Optional(
    Type.Array(Id('A client'), {
      description: 'Clients that are written to by the other channel: by e-mail in place of a text, or the other way round',
      maxItems: insteadMax,
      uniqueItems: true,
    }),
  ),
}

/** Asks clients to sign in again and to connect banks: each person gets one message about all their clients. */
export const OutreachAction = Type.Object(
  { kind: Type.Literal('outreach', { description: 'Reconnect and add banks' }), ...ask },
  {
    additionalProperties: false,
    description:
      'Reconnect and add banks: each person gets one message about all banks of all their clients that are missing or want a new sign-in. Whoever has nothing to do is skipped',
  },
)
export type OutreachAction = Static<typeof OutreachAction>
export type OutreachAsk = Omit<OutreachAction, 'kind'>

export const OutreachRequest = Type.Object({ ...ask, ...pickedClients }, { additionalProperties: false })
export type OutreachRequest = Static<typeof OutreachRequest>

const Channel = Type.Enum(['sms', 'email', 'both'], { description: 'How it goes to this person' })
const Business = Type.Object({ id: Id('The client'), businessName: Type.String({ description: 'Name of the business' }) })

const OutreachBank = Type.Object({
  name: Type.String({ description: 'Name of the bank' }),
  mask: Nullable(Type.String({ description: 'Last digits of an account there; null for a bank that is to be connected' })),
  isNew: Type.Boolean({ description: 'Whether it is to be connected; else it wants a new sign-in' }),
  clientId: Id('Whose it is'),
})

const use = { kind: TemplateKind, channel: TemplateChannel, language: Language }
const templateOf = {
  templateId: Nullable(Id('The template; null: the one that comes with the product')),
  templateName: Nullable(Type.String({ description: 'Its name; null for the one that comes with the product' })),
}

export const OutreachMessage = Type.Object({
  ...use,
  to: Type.String({ description: 'Phone (E.164) or e-mail it goes to' }),
  ...templateOf,
  subject: Nullable(Type.String({ description: 'Subject of the e-mail; null for a text message' })),
  body: Type.String({ description: 'The words as they go out; `[link]` stands where the address goes' }),
  length: Nullable(TextLength, { description: 'Of a text message; null for an e-mail' }),
  warnings: Type.Array(Type.String({ description: 'A sentence' }), { description: 'What to think about before it goes out' }),
  sendsAt: Instant('When it goes out: now, or at 8:00 where the client is'),
})
export type OutreachMessage = Static<typeof OutreachMessage>

export const OutreachPerson = Type.Object({
  id: Id('The first of their clients, which names the person in this list'),
  name: Type.String({ description: 'Name of the contact, else of the business' }),
  firstName: Type.String({ description: 'First name of the contact, else the name' }),
  clients: Type.Array(Business, { description: 'Their clients that the message is about' }),
  channel: Channel,
  phone: Nullable(Type.String({ description: 'Where the text goes; null when there is none' })),
  email: Nullable(Type.String({ description: 'Where the e-mail goes; null when there is none' })),
  language: Language,
  banks: Type.Array(OutreachBank, { description: 'The banks in the message, those that want a new sign-in first' }),
  messages: Type.Array(OutreachMessage, { description: 'The text, the e-mail, or both' }),
  timeZone: Type.String({ description: 'IANA time zone whose hours texts keep to' }),
  waits: Type.Boolean({ description: 'Whether a text waits for 8:00 where the client is' }),
  joins: Type.Boolean({
    description: 'Whether a message about other clients of theirs waits to go out: this one takes its place, and is about those, too',
  }),
  linkUntil: Instant('Until when the link works'),
  remindAt: Instant('When they are reminded if no bank has been seen to'),
})
export type OutreachPerson = Static<typeof OutreachPerson>

export const OutreachSummary = Type.Object({
  chosen: Type.Integer({ description: 'Clients that are chosen' }),
  covered: Type.Integer({ description: 'Of these, clients that a message is about' }),
  skipped: Type.Integer({ description: 'Of these, clients that are left out' }),
  people: Type.Integer({ description: 'People who are written to' }),
  texts: Type.Integer({ description: 'Text messages' }),
  emails: Type.Integer({ description: 'E-mails' }),
  waiting: Type.Integer({ description: 'People whose text waits for 8:00 where they are' }),
  uses: Type.Array(Type.Object({ ...use, ...templateOf, messages: Type.Integer({ description: 'Messages written with it' }) }), {
    description: 'What the messages are written with',
  }),
})
export type OutreachSummary = Static<typeof OutreachSummary>

export const OutreachFix = Type.Enum(['fix_phone', 'fix_email', 'email_instead', 'text_instead', 'own_access', 'open_client'], {
  description: 'What would help: another number or address, the other channel, signing in oneself, or a look at the client',
})
export type OutreachFix = Static<typeof OutreachFix>

export const OutreachSkipped = Type.Object({
  ...Business.properties,
  reason: Type.String({ description: 'Why, in plain words' }),
  since: Nullable(Instant('Since when, where that is known')),
  fix: Nullable(OutreachFix),
})
export type OutreachSkipped = Static<typeof OutreachSkipped>

const tag = 'Messages'
const querystring = Type.Object(pageQuery)

export const outreach = {
  preview: endpoint({
    id: 'previewOutreach',
    method: 'POST',
    url: '/outreach/preview',
    access: 'staff',
    tag,
    summary: 'Preview who is asked for banks',
    description:
      'Who would get which words if the bulk action `outreach` began now, a page of people at a time, and how many there are. Nothing is stored or sent.',
    schema: {
      querystring,
      body: OutreachRequest,
      response: {
        200: Type.Object({
          summary: Described(OutreachSummary, 'The whole, whichever page is asked for'),
          ...Page(OutreachPerson).properties,
        }),
      },
    },
  }),
  skipped: endpoint({
    id: 'listOutreachSkipped',
    method: 'POST',
    url: '/outreach/skipped',
    access: 'staff',
    tag,
    summary: 'Preview who is not asked for banks',
    description:
      'The chosen clients that would be left out if the bulk action `outreach` began now, each with the reason, a page at a time.',
    schema: { querystring, body: OutreachRequest, response: { 200: Page(OutreachSkipped) } },
  }),
}
