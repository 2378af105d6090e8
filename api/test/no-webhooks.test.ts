import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { createPlaid } from '../src/providers/plaid/client.ts'
import { createSms } from '../src/providers/twilio/client.ts'
import { tasks } from '../src/tasks.ts'
import { bothBooks, type LinkedBank, signInAtBank } from './bank-factories.ts'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { hourMs, messageKit, minuteMs } from './message-kit.ts'

/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:1'

let product: TestApp
let dana: Person
beforeAll(async () => {
  // No provider ever reaches us
  product = await startTestApp({}, { oneClock: true, network: { webhookWaitsMs: [1] } })
  const { plaid, twilio } = product.config
  product.network.setAppUrl(nowhere)
  product.deps.plaid = createPlaid({ ...plaid, webhookUrl: `${nowhere}/plaid` }, product.deps.pace)
  product.deps.sms = createSms({ ...twilio, statusUrl: `${nowhere}/status` }, product.deps.pace)
})
beforeEach(async () => {
  dana = await makeFirm(product)
})
afterEach(() => {
  for (const emulator of [product.network.twilio, product.network.sendgrid]) emulator.intercept(null)
})
afterAll(async () => {
  expect(product.logs.filter((line) => line.includes('/v1/webhooks/'))).toEqual([])
  const { rows } = await product.admin.query('select id from webhook_inbox')
  expect(rows).toEqual([])
  await product.close()
})

const { invite, messageOf, states, texts, mails } = messageKit(
  () => product,
  () => dana,
)

/** Time goes by, as the worker sees it: what is due runs, and the schedule comes round. */
async function pass(ms: number, steps = 1): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await product.advance(ms / steps)
    await product.admin.query('update sessions set created_at = $1, last_active_at = $1', [product.deps.now()])
    await tasks.poll_connections(product.deps, {})
    await tasks.recover_work(product.deps, {})
    expect(await product.drain()).toEqual([])
  }
}

test('Plaid: a visit ends, rows come, and health follows the bank', async () => {
  const { plaid } = product.network
  const clientId = await makeClient(product, dana)
  const bankOf = async () => (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items[0]
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await product.drain()
  await signInAtBank(product, dana, clientId)
  await pass(minuteMs, 2)
  expect(await bankOf()).toMatchObject({ institutionName: 'First Meridian Bank' })
  await new Promise((resolve) => setTimeout(resolve, product.historyReadyMs))
  await pass(20 * minuteMs)
  const { rows } = await product.admin.query<LinkedBank>(
    'select id as "connectionId", provider_item_id as "itemId" from connections where client_id = $1',
    [clientId],
  )
  const [bank] = rows
  if (bank === undefined) throw new Error('The bank was not connected')
  const same = async () => {
    const { ours, theirs } = await bothBooks(product, bank)
    expect(ours).toEqual(theirs)
    return ours.length
  }
  const before = await same()
  expect(before).toBeGreaterThan(10)
  expect(await bankOf()).toMatchObject({ health: 'healthy' })

  plaid.bankSends(bank.itemId, [{ amount: 12.5, description: 'NOBODY TOLD US' }])
  await pass(24 * hourMs, 3)
  expect(await same()).toBe(before + 1)

  plaid.breakLogin(bank.itemId)
  await pass(24 * hourMs, 3)
  expect(await bankOf()).toMatchObject({ health: 'needs_client' })
  // Mended on the bank's side
  plaid.repair(bank.itemId)
  await pass(24 * hourMs, 3)
  expect(await bankOf()).toMatchObject({ health: 'healthy' })

  // Mended by a visit here
  plaid.breakLogin(bank.itemId)
  await pass(24 * hourMs, 3)
  const repair = { params: { clientId, connectionId: bank.connectionId } }
  expect((await product.call(connections.repair, repair, dana)).status).toBe(201)
  await signInAtBank(product, dana, clientId)
  await pass(minuteMs, 2)
  expect(await bankOf()).toMatchObject({ health: 'healthy' })

  plaid.revoke(bank.itemId)
  await pass(24 * hourMs, 3)
  expect(await bankOf()).toMatchObject({ health: 'disconnected' })
}, 60_000)

test('Twilio: a text that went is called sent and no more, a doubtful one is found, and STOP is learnt from the next refusal', async () => {
  const phone = '+15035550155'
  const first = await invite('sms', { phone })
  await product.drain()
  expect(states(await messageOf(first))).toEqual(['queued', 'sending', 'sent'])

  product.network.twilio.intercept(({ method }) => (method === 'POST' ? ['cut_after'] : null))
  const doubtful = await invite('sms', { phone: '+15035550156' })
  await product.drain()
  product.network.twilio.intercept(null)
  expect((await messageOf(doubtful)).state).toBe('unknown')
  await pass(2 * minuteMs)
  expect((await messageOf(doubtful)).state).toBe('sent')
  expect(texts().filter(({ to }) => to === '+15035550156')).toHaveLength(1)

  await product.network.twilio.reply(phone, product.config.twilio.from, 'STOP')
  const second = await invite('sms', { phone })
  await product.drain()
  expect(await messageOf(second)).toMatchObject({ state: 'failed', reason: expect.stringContaining('STOP') })
})

test('SendGrid: a mail that was taken is called sent, a doubtful one stays so and is not sent twice', async () => {
  const first = await invite('email')
  await product.drain()
  expect(states(await messageOf(first))).toEqual(['queued', 'sending', 'sent'])

  const email = 'doubtful@saltgrass.example'
  product.network.sendgrid.intercept(() => ['cut_after'])
  const doubtful = await invite('email', { email })
  await product.drain()
  product.network.sendgrid.intercept(null)
  await pass(20 * minuteMs, 2)
  await pass(24 * hourMs, 3)
  expect(await messageOf(doubtful)).toMatchObject({ state: 'unknown', reason: expect.stringContaining('could not find out') })
  expect(mails().filter(({ to }) => to.email === email)).toHaveLength(1)
})

test('QuickBooks: new vendors come with the next look at the lists, and an access that was ended is noticed', async () => {
  const { intuit } = product.network
  const clientId = await makeClient(product, dana)
  const realmId = await connectBooks(product, dana, clientId, 'Quiet Books')
  const booksOf = async () => (await product.call(books.get, { params: { clientId } }, dana)).body.books
  intuit.addVendor(realmId, 'Unheard Of')
  await pass(2 * 24 * hourMs, 2)
  const vendors = async () => (await product.call(books.vendors, { params: { clientId } }, dana)).body.items.map(({ name }) => name)
  expect(await vendors()).not.toContain('Unheard Of')
  await pass(2 * 24 * hourMs, 4)
  expect(await vendors()).toContain('Unheard Of')
  intuit.revoke(realmId)
  await pass(4 * 24 * hourMs, 4)
  expect(await booksOf()).toMatchObject({ state: 'reconnect' })
})
