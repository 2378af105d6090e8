import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import type { Endpoint, Input } from '@ledgersync/shared/endpoint'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { createMetrics } from '../../src/http/metrics.ts'
import { customAccount, customUser, linkBank, signInAtBank } from '../bank-factories.ts'
import { connectBooks } from '../books-factories.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import type { Browser, TestApp } from '../harness.ts'
import { startTestApp } from '../harness.ts'
import { type Canaries, createCanaries, databaseText } from './canaries.ts'
import { type Gateway, type Manner, manners, openGateway } from './gateway.ts'

/** What opens something. May stand nowhere but sealed or hashed. */
const secrets: Canaries = createCanaries()
/** What is about people and their money. Stands in its tables, and in no log, no job and no error of another's. */
const personal: Canaries = createCanaries()

let product: TestApp
let gateways: Gateway[]
let dana: Person
let clientId: string
let connectionId: string
/** Bodies of all answers that were no success. */
const refusals: string[] = []
const failures: string[] = []

beforeAll(async () => {
  gateways = await Promise.all(Array.from({ length: 4 }, () => openGateway(secrets.note)))
  const [plaid, intuit, twilio, sendgrid] = gateways.map(({ url }) => url)
  product = await startTestApp({
    PLAID_BASE_URL: plaid ?? '',
    INTUIT_TOKEN_URL: `${intuit}/oauth2/v1/tokens/bearer`,
    INTUIT_REVOKE_URL: `${intuit}/v2/oauth2/tokens/revoke`,
    INTUIT_API_URL: intuit ?? '',
    TWILIO_BASE_URL: twilio ?? '',
    SENDGRID_BASE_URL: sendgrid ?? '',
    QUIET_HOURS: 'off',
    LOG_LEVEL: 'trace',
  })
  const { env } = product.network
  for (const [index, target] of [env.PLAID_BASE_URL, env.INTUIT_API_URL, env.TWILIO_BASE_URL, env.SENDGRID_BASE_URL].entries()) {
    const gateway = gateways[index]
    if (gateway !== undefined) gateway.target = target ?? ''
  }
  noteSettings()
  dana = await makeFirm(product)
  secrets.note('a session', dana.cookie.split('=')[1] ?? '')
  clientId = await client()
  await everythingWorks()
}, 60_000)
afterAll(async () => {
  await product.close()
  for (const gateway of gateways) await gateway.close()
})

function noteSettings(): void {
  const { config } = product
  const { plaid, quickbooks, twilio, sendgrid } = config
  secrets.note('the session secret', config.sessionSecret.toString('base64'))
  for (const { key } of config.keyEncryptionKeys) secrets.note('a key-encryption key', key.toString('base64'))
  secrets.note('the bank provider’s secret', plaid.secret)
  secrets.note('the books’ secret', quickbooks.clientSecret)
  secrets.note('the books’ secret in a header', Buffer.from(`${quickbooks.clientId}:${quickbooks.clientSecret}`).toString('base64'))
  secrets.note('the books’ token for notices', quickbooks.webhookVerifierToken)
  secrets.note('the text service’s password', twilio.authToken)
  secrets.note('the mail service’s key', sendgrid.apiKey)
}

let count = 0
function client(): Promise<string> {
  count += 1
  const [email, phone] = [`canary-nora-${count}@saltgrass.example`, `+1503555${7000 + count}`]
  for (const each of [email, phone]) personal.note('an address of a client', each)
  return makeClient(product, dana, { email, phone, username: email, contactFirstName: 'Canarina', businessName: `Canary Works ${count}` })
}
personal.note('a name', 'Canarina')
personal.note('a business', 'Canary Works')
personal.note('a row of the bank', 'CANARY DEPOSIT 8841')

async function everythingWorks(): Promise<void> {
  const rows = [1, 2, 3].map((each) => ({ amount: each, description: 'CANARY DEPOSIT 8841' }))
  const bank = await linkBank(
    product,
    dana,
    clientId,
    customUser(customAccount({ type: 'depository', subtype: 'checking', starting_balance: 100 }, rows)),
  )
  connectionId = bank.connectionId
  await connectBooks(product, dana, clientId, 'Canary Works Books')
  const accounts = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string): string => accounts.find((account) => account.type === type && account.active)?.id ?? ''
  await product.admin.query('update bank_accounts set books_account_id = $1', [first('Bank')])
  const listed = (await product.call(review.list, { query: { clientId } }, dana)).body.items
  for (const { id } of listed)
    await product.call(review.code, { params: { transactionId: id }, body: { booksAccountId: first('Expense') } }, dana)
  await product.call(review.approve, { body: { transactionIds: listed.map(({ id }) => id) } }, dana)
  expect(listed.length).toBeGreaterThan(2)
}

/** A call of which any answer is fine. What is refused is kept. */
async function attempt<E extends Endpoint>(
  endpoint: E,
  input: Partial<Input<E>>,
  as?: Browser,
): Promise<{ status: number; body: unknown; cookie: string }> {
  const answer = await product.call(endpoint, input, as)
  if (answer.status >= 400) refusals.push(JSON.stringify(answer.body))
  for (const pair of answer.cookie.split('; ')) secrets.note('a cookie', pair.slice(pair.indexOf('=') + 1))
  return answer
}

const work = async (): Promise<void> => {
  failures.push(...(await product.drain()))
}

/** Everything that a provider has a part in, with a client of its own each time. */
async function provoke(manner: Manner): Promise<void> {
  const other = await client()
  const params = { clientId: other }
  const { body: copied } = await product.call(invites.create, { params, body: { channel: 'copy' } }, dana)
  const link = new URL(copied.url ?? '').pathname
  secrets.note('a link', link.slice(3))
  await product.call(connections.add, { params, body: {} }, dana)
  const { body: asked } = await product.call(books.authorize, { params }, dana)
  const back = new URL(await product.network.intuit.completeAuthorization(asked.url, `Canary ${manner}`))
  secrets.note('a code of the books', back.searchParams.get('code') ?? '')
  secrets.note('a state of the books', back.searchParams.get('state') ?? '')
  await signInAtBank(product, dana, other)
  await product.admin.query('update books set access_token_expires_at = now()')

  for (const gateway of gateways) gateway.manner = manner
  await attempt(clients.searchInstitutions, { query: { query: 'Platypus' } }, dana)
  const tapped = await product.request().post(`${link}/connect`).set('origin', product.config.publicUrl)
  // Its own address stands in a page that somebody has already
  refusals.push(tapped.text.replaceAll(link, 'itself'))
  await attempt(invites.create, { params, body: { channel: 'both' } }, dana)
  const returned = await product.request().get(`${back.pathname}${back.search}`).set('Cookie', dana.cookie)
  refusals.push(JSON.stringify(returned.headers))
  await attempt(connections.repair, { params: { clientId, connectionId } }, dana)
  await attempt(connections.sync, { params: { clientId } }, dana)
  await attempt(books.refresh, { params: { clientId } }, dana)
  await attempt(pushes.create, { body: { clientId } }, dana)
  await work()
  await product.advance(120_000)
  await product.admin.query('update sessions set last_active_at = $1', [product.deps.now()])
  await work()
  for (const gateway of gateways) gateway.manner = 'pass'
}

const lines = (): string => product.logs.join('\n')

test.each(manners)(
  'a provider that answers in the manner of %s gets nothing secret written down',
  async (manner) => {
    const before = product.logs.length
    await provoke(manner)
    expect(product.logs.length).toBeGreaterThan(before)
    expect(secrets.in(lines())).toEqual([])
    expect(personal.in(lines())).toEqual([])
    expect(secrets.in(failures.join('\n'))).toEqual([])
    expect(secrets.in(refusals.join('\n'))).toEqual([])
  },
  60_000,
)

test('passwords, codes, cookies and links that people try stay with them', async () => {
  const password = 'canary lantern over the bay'
  secrets.note('a password', password)
  const person = { firmName: 'Northgate', name: 'Ada Marsh', email: 'ada@canaryfield.example', password }
  const { cookie } = await attempt(auth.signUp, { body: person })
  await work()
  for (const wrong of ['canary lantern under the bay', 'canary', 'passwordcanarypassword', 'canary lantern over the bay'.repeat(9)]) {
    secrets.note('a wrong password', wrong)
    await attempt(auth.signIn, { body: { username: person.email, password: wrong } })
    await attempt(auth.signUp, { body: { ...person, email: 'eve@canaryfield.example', password: wrong, nickname: wrong } as never }) // a member too many
    await attempt(auth.signUp, { body: { ...person, password: wrong, email: wrong } })
  }
  await attempt(auth.signIn, { body: { username: person.email, password } })
  await attempt(auth.signIn, { body: { username: { $ne: password }, password: [password] } as never }) // what an attacker sends
  await attempt(auth.verifyEmail, { body: { code: 'canary-code-998877' } }, { cookie })
  secrets.note('a wrong code', 'canary-code-998877')
  const token = `canary${'x'.repeat(37)}`
  secrets.note('a wrong token', token)
  await attempt(auth.verifyEmailLink, { body: { token } })
  for (const path of [`/i/${token}`, `/i/${token}/connect`, `/i/back/${token}`, `/i/${token}/newest`, `/i/%E0%A4%A/${token}`]) {
    await product.request().get(path)
    refusals.push((await product.request().post(path)).text.replaceAll(token, 'itself'))
  }
  await product
    .request()
    .get('/v1/auth/me')
    .set('Cookie', `ledgersync=${token}; ledgersync-refresh=${token}`)
    .set('Authorization', `Bearer ${token}`)
  await product
    .request()
    .post('/v1/auth/refresh')
    .set({ Cookie: `ledgersync-refresh=${token}`, Origin: product.config.publicUrl })
  for (const path of ['plaid', 'intuit', 'sendgrid', 'twilio/status', 'twilio/inbound']) {
    const headers = {
      'plaid-verification': token,
      'intuit-signature': token,
      'x-twilio-signature': token,
      'x-twilio-email-event-webhook-signature': token,
    }
    await product.request().post(`/v1/webhooks/${path}`).set(headers).type('json').send({ access_token: token, link_token: token })
  }
  expect(secrets.in(lines())).toEqual([])
  expect(secrets.in(refusals.map((each) => each.replaceAll(/canaryfield|"email"[^,]*/g, '')).join('\n'))).toEqual([])
  expect(product.logs.join('\n')).not.toContain('canaryfield')
})

/** Ways to make the database refuse, each with the way back. */
const refusing: [string, string, string][] = [
  [
    'a check that shows the row',
    'alter table audit_log add constraint spoilt check (false) not valid',
    'alter table audit_log drop constraint spoilt',
  ],
  [
    'a right that is missing',
    'revoke select, insert, update on clients from ledgersync_app',
    'grant select, insert, update on clients to ledgersync_app',
  ],
  ['a column that is missing', 'alter table messages rename column body to body_', 'alter table messages rename column body_ to body'],
  [
    'a check on what people write',
    "alter table staff add constraint spoilt check (name = '') not valid",
    'alter table staff drop constraint spoilt',
  ],
  [
    'a function that is missing',
    'alter function attempt_hit(text, integer, timestamptz) rename to attempt_hit_',
    'alter function attempt_hit_(text, integer, timestamptz) rename to attempt_hit',
  ],
  [
    'a job queue that is missing',
    'alter table graphile_worker._private_jobs rename to _private_jobs_',
    'alter table graphile_worker._private_jobs_ rename to _private_jobs',
  ],
]
test.each(refusing)('a database that refuses by %s gets nothing secret written down', async (_what, spoil, mend) => {
  const password = 'canary violet under the oak'
  secrets.note('a password', password)
  const before = product.logs.length
  await product.admin.query(spoil)
  try {
    await attempt(auth.signUp, {
      body: { firmName: 'Northgate', name: 'Canarina Marsh', email: `canary${before}@northgate.example`, password },
    })
    await attempt(auth.signIn, { body: { username: `canary-user-${before}@northgate.example`, password } })
    const created = {
      staffHaveAccess: false,
      businessName: 'Canary Works',
      contactFirstName: 'Canarina',
      email: 'canary-new@saltgrass.example',
      phone: '+15035557999',
      textConsent: true,
      invite: 'sms',
    } as const
    personal.note('an address', 'canary-new@saltgrass.example')
    await attempt(clients.create, { body: created }, dana)
    await attempt(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
    await attempt(connections.add, { params: { clientId }, body: {} }, dana)
    await attempt(clients.list, { query: { search: 'Canary Works' } }, dana)
    refusals.push((await product.request().get(`/i/${'canary'.padEnd(43, 'x')}`)).text.replaceAll(/href="[^"]*"/g, ''))
  } finally {
    await product.admin.query(mend)
  }
  expect(product.logs.slice(before).join('\n')).toMatch(/unexpected error/)
  expect(product.logs.slice(before).join('\n')).toMatch(/Query failed: \d\w{4}/)
  expect(secrets.in(lines())).toEqual([])
  expect(personal.in(lines())).toEqual([])
  expect(secrets.in(refusals.map((each) => each.replaceAll(/"email"[^,]*/g, '')).join('\n'))).toEqual([])
})

test('connections that are cut in the middle get nothing secret written down', async () => {
  const calls = Array.from({ length: 40 }, (_, index) =>
    attempt(clients.create, { body: { staffHaveAccess: true, businessName: `Canary Works cut ${index}` } }, dana),
  )
  const cut = setInterval(() => {
    product.admin
      .query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ledgersync_app' and datname = current_database()")
      .catch(() => {})
  }, 5)
  await Promise.all(calls)
  clearInterval(cut)
  expect(product.logs.join('\n')).toMatch(/a database connection was lost/)
  expect(secrets.in(lines())).toEqual([])
  expect(personal.in(lines())).toEqual([])
})

test('after all of it no secret stands in the database, neither in a job nor in its failure, nor in the audit log', async () => {
  await work()
  const jobs = await product.admin.query<{ n: number }>(
    'select count(*)::int as n from graphile_worker._private_jobs where last_error is not null',
  )
  expect(jobs.rows[0]?.n).toBeGreaterThan(0)
  const text = await databaseText(product.admin)
  expect(text.length).toBeGreaterThan(50_000)
  expect(secrets.in(text)).toEqual([])
  const { rows } = await product.admin.query<{ error: string }>(
    'select last_error as error from graphile_worker._private_jobs where last_error is not null',
  )
  expect(personal.in(rows.map(({ error }) => error).join('\n'))).toEqual([])
  expect(secrets.count()).toBeGreaterThan(100)
})

test('nor in the metrics', async () => {
  const metrics = createMetrics()
  expect(secrets.in(await metrics.registry.metrics())).toEqual([])
})
