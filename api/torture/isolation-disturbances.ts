import { request } from 'node:http'
import { sql } from 'drizzle-orm'
import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { review } from '@ledgersync/shared/review'
import { transactions } from '@ledgersync/shared/transactions'
import { withFirm } from '../src/db/client.ts'
import { type Ask, type Question, reading, type Reply, sees } from './isolation-asks.ts'
import { clientMarkPattern, type Place } from './isolation-world.ts'

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

export const disturbances: readonly Ask[] = [...failing, ...other]
