import { request } from 'node:http'
import { sql } from 'drizzle-orm'
import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import type { Endpoint, Input, Output } from '@ledgersync/shared/endpoint'
import { firms, staff } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { transactions } from '@ledgersync/shared/transactions'
import { withFirm } from '../src/db/client.ts'
import type { TestApp } from '../test/harness.ts'
import { clientMarkPattern, type Member, type Place } from './isolation-world.ts'

/** Who asks, and about whose client: any firm's. */
export interface Question {
  product: TestApp
  by: Member
  about: Place
  /** Differs from question to question. */
  salt: number
}

/** What came back. `ids` are compared when both are there; `text` is searched for what the person must not see. */
export interface Reply {
  status: number
  text: string
  ids?: string[]
}
/** What must come back. A status of null: whatever it was, only what is in it counts. */
export interface Due {
  status: number | null
  ids?: string[]
  /** Ids that the question itself had in it. */
  asked?: string[]
}
export interface Ask {
  name: string
  due(question: Question): Due
  ask(question: Question): Promise<Reply>
}

const sees = ({ by, about }: Question): boolean => by.visible.has(about)
const all = ({ by }: Question, pick: (place: Place) => string[]): string[] => [...by.visible].flatMap(pick)

/** An endpoint whose answer lists ids. */
function reading<E extends Endpoint>(
  name: string,
  endpoint: E,
  { input, due, ids }: { input(question: Question): Partial<Input<E>>; due(question: Question): Due; ids?(body: Output<E>): string[] },
): Ask {
  return {
    name,
    due,
    async ask(question) {
      const { status, body } = await question.product.call(endpoint, input(question), question.by.person)
      return { status, text: JSON.stringify(body), ...(ids !== undefined && status === 200 && { ids: ids(body) }) }
    },
  }
}

/** Of one client: for those who see it, for others not there. */
const ofClient =
  (pick: (place: Place) => string[]) =>
  (question: Question): Due =>
    sees(question) ? { status: 200, ids: pick(question.about) } : { status: 404 }
const params = ({ about }: Question): { params: { clientId: string } } => ({ params: { clientId: about.clientId } })
const items = (body: { items: { id: string }[] }): string[] => body.items.map(({ id }) => id)
const nothing = (): object => ({})

const lists: Ask[] = [
  reading('me', auth.me, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.person.staffId, by.firm.firmId] }),
    ids: (body) => [body.staff.id, body.firm.id],
  }),
  reading('sessions', auth.listSessions, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.person.ctx.actor.sessionId] }),
    ids: items,
  }),
  reading('firm', firms.get, { input: nothing, due: () => ({ status: 200 }) }),
  reading('staff', staff.list, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: by.firm.members.map(({ person }) => person.staffId) }),
    ids: items,
  }),
  reading('categories', rules.listCategories, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [by.firm.categoryId] }),
    ids: items,
  }),
  reading('clients', clients.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.clientId]) }),
    ids: items,
  }),
  reading('clients searched', clients.list, {
    input: ({ about }) => ({ query: { search: about.mark } }),
    due: (q) => ({ status: 200, ids: sees(q) ? [q.about.clientId] : [] }),
    ids: items,
  }),
  reading('clients counted', clients.counts, {
    input: nothing,
    due: ({ by }) => ({ status: 200, ids: [`all ${by.visible.size}`, `mine ${by.visible.size}`] }),
    ids: (body) => [`all ${body.all}`, `mine ${body.mine}`],
  }),
  reading('connections', connections.list, {
    input: nothing,
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.connectionId]) }),
    ids: items,
  }),
  reading('transactions', transactions.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => place.transactionIds) }),
    ids: items,
  }),
  reading('transactions of a client', transactions.list, {
    input: ({ about }) => ({ query: { clientId: about.clientId, limit: 200 } }),
    due: (q) => ({ status: null, ids: sees(q) ? q.about.transactionIds : [] }),
    ids: items,
  }),
  reading('transactions searched', transactions.list, {
    input: ({ about }) => ({ query: { search: about.mark, limit: 200 } }),
    due: (q) => ({ status: 200, ids: sees(q) ? q.about.transactionIds : [] }),
    ids: items,
  }),
  reading('review', review.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => place.transactionIds) }),
    ids: items,
  }),
  reading('review counted', review.counts, {
    input: nothing,
    due: (q) => ({ status: 200, ids: [`rows ${all(q, (place) => place.transactionIds).length}`, `clients ${q.by.visible.size}`] }),
    ids: (body) => [`rows ${body.all}`, `clients ${body.clients}`],
  }),
  reading('pushes', pushes.list, {
    input: () => ({ query: { limit: 200 } }),
    due: (q) => ({ status: 200, ids: all(q, (place) => [place.batchId]) }),
    ids: items,
  }),
]

const single: Ask[] = [
  reading('a client', clients.get, { input: params, due: ofClient((place) => [place.clientId]), ids: (body) => [body.id] }),
  reading('its connections', connections.listOfClient, { input: params, due: ofClient((place) => [place.connectionId]), ids: items }),
  reading('its invites', invites.list, { input: params, due: ofClient((place) => [place.inviteId]), ids: items }),
  reading('its messages', messages.list, { input: params, due: ofClient((place) => [place.messageId]), ids: items }),
  reading('its rules', rules.list, { input: params, due: ofClient((place) => [place.ruleId]), ids: items }),
  reading('its books', books.get, {
    input: params,
    due: ofClient(() => ['books']),
    ids: (body) => [body.books === null ? 'none' : 'books'],
  }),
  reading('its accounts', books.accounts, { input: params, due: ofClient((place) => place.booksAccountIds), ids: items }),
  reading('its vendors', books.vendors, { input: params, due: ofClient((place) => place.vendorIds), ids: items }),
  reading('its mapping', books.mapping, { input: params, due: (q) => ({ status: sees(q) ? 200 : 404 }) }),
  reading('a transaction', transactions.get, {
    input: ({ about, salt }) => ({ params: { transactionId: about.transactionIds[salt % about.transactionIds.length] ?? '' } }),
    due: (q) => (sees(q) ? { status: 200 } : { status: 404 }),
  }),
  reading('a push', pushes.get, {
    input: ({ about }) => ({ params: { batchId: about.batchId } }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
]

const writing: Ask[] = [
  reading('a client changed', clients.update, {
    input: ({ about, salt }) => ({ ...params({ about } as Question), body: { contactLastName: `${about.mark} ${salt}` } }), // only `about` is read
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('a memo written', review.code, {
    input: ({ about, salt }) => ({
      params: { transactionId: about.transactionIds[salt % about.transactionIds.length] ?? '' },
      body: { memo: `${about.mark} ${salt}` },
    }),
    due: (q) => ({ status: sees(q) ? 200 : 404 }),
  }),
  reading('a firm renamed', firms.update, {
    input: ({ by }) => ({ body: { name: `Firm ${by.firm.mark}` } }),
    due: ({ by }) => ({ status: by.isAdministrator ? 200 : 403 }),
  }),
]

const taken = ({ by, salt }: Question): Place => {
  const place = by.firm.places[salt % by.firm.places.length]
  if (place === undefined) throw new Error('A firm has clients')
  return place
}

/** Transactions that fail at every stage: what they leave behind on the connection would show in the questions that follow. */
const failing: Ask[] = [
  reading('a name that is taken', clients.create, {
    input: (q) => ({ body: { staffHaveAccess: true, businessName: `Business ${q.by.firm.mark}`, username: taken(q).username } }),
    // The firm's usernames are unique over all of its clients; the answer suggests another by the one that was asked for
    due: (q) => ({ status: 409, asked: [taken(q).mark] }),
  }),
  reading('a day that is none', transactions.list, {
    input: ({ about }) => ({
      query: { cursor: Buffer.from(JSON.stringify(['2026-02-31', about.transactionIds[0]])).toString('base64url') },
    }),
    due: () => ({ status: 400 }),
  }),
  reading('rows of somebody else approved', review.unapprove, {
    input: ({ about }) => ({ body: { transactionIds: about.transactionIds } }),
    due: ({ about }) => ({ status: 200, asked: about.transactionIds }),
  }),
  reading('a session of somebody else', auth.revokeSession, {
    input: ({ by, about }) => ({ params: { sessionId: about.firm.members.find((each) => each !== by)?.person.ctx.actor.sessionId ?? '' } }),
    due: () => ({ status: 404 }),
  }),
  {
    name: 'a mistake in the middle',
    due: () => ({ status: 0 }),
    async ask({ by, about }) {
      const { ctx } = by.person
      const failure = await withFirm(ctx, async (tx) => {
        await tx.execute(sql`update clients set contact_last_name = ${`stolen by ${by.firm.mark}`} where id = ${about.clientId}`)
        throw new Error('of ours')
      }).catch((error: unknown) => error)
      return { status: failure instanceof Error && failure.message === 'of ours' ? 0 : 500, text: '' }
    },
  },
  {
    name: 'a query that fails',
    due: () => ({ status: 0 }),
    async ask({ by }) {
      const failure = await withFirm(by.person.ctx, (tx) => tx.execute(sql`select 1 / (select count(*) from clients where false)`)).catch(
        () => 'failed',
      )
      return { status: failure === 'failed' ? 0 : 500, text: '' }
    },
  },
]

const other: Ask[] = [
  {
    // Without a firm there is nothing, unless the connection still has one from before
    name: 'nobody’s look at the database',
    due: () => ({ status: 0, ids: [] }),
    async ask({ product }) {
      const { rows } = await product.deps.db.execute<{ id: string }>(
        sql`select id from clients union all select id from transactions limit 5`,
      )
      return { status: 0, text: '', ids: rows.map(({ id }) => id) }
    },
  },
  {
    name: 'a link',
    // Whoever has a link may look; only staff of its firm who do not see the client may not
    due: (q) => ({
      status: q.by.firm === q.about.firm && !sees(q) ? 404 : 200,
      ids: q.by.firm === q.about.firm && !sees(q) ? [] : [q.about.mark],
      asked: [q.about.mark],
    }),
    async ask({ product, by, about }) {
      const { status, text } = await product.request().get(about.link).set('Cookie', by.person.cookie)
      return { status, text: '', ids: [...new Set(text.match(clientMarkPattern) ?? [])] }
    },
  },
  { name: 'a reader who goes away', due: () => ({ status: null }), ask: (q) => goAway(q, 'GET', '/v1/transactions?limit=200') },
  { name: 'a writer who goes away', due: () => ({ status: null }), ask: (q) => goAway(q, 'PATCH', `/v1/clients/${q.about.clientId}`) },
]

/** Sends a request and closes the connection at some moment while it is worked on. */
function goAway({ product, by, about, salt }: Question, method: 'GET' | 'PATCH', path: string): Promise<Reply> {
  const body = method === 'PATCH' ? JSON.stringify({ contactLastName: `${about.mark} ${salt}` }) : ''
  const headers = {
    cookie: by.person.cookie,
    origin: product.config.publicUrl,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve) => {
    let text = ''
    const sent = request(
      { host: '127.0.0.1', port: new URL(product.config.publicUrl).port, method, path, headers, agent: false },
      (response) => {
        response.on('data', (chunk: Buffer) => void (text += chunk.toString()))
        response.on('error', () => {})
      },
    )
    sent.on('error', () => {})
    sent.once('close', () => resolve({ status: 0, text }))
    sent.end(body)
    setTimeout(() => sent.destroy(), salt % 12)
  })
}

export const asks: readonly Ask[] = [...lists, ...single, ...writing, ...failing, ...other]
