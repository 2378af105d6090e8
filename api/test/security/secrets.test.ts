import { books } from '@ledgersync/shared/books'
import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import type { Endpoint, Input } from '@ledgersync/shared/endpoint'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { customAccount, customUser, linkBank, signInAtBank } from '../bank-factories.ts'
import { connectBooks } from '../books-factories.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import type { Browser, TestApp } from '../harness.ts'
import { startTestApp } from '../harness.ts'
import { type Canaries, createCanaries, databaseText, noteSettings } from './canaries.ts'
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
  noteSettings(secrets, product.config)
  dana = await makeFirm(product)
  secrets.note('a session', dana.cookie.split('=')[1] ?? '')
  clientId = await client()
  await everythingWorks()
}, 60_000)
afterAll(async () => {
  await product.close()
  for (const gateway of gateways) await gateway.close()
})

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
  expect(secrets.count()).toBeGreaterThan(60)
})
