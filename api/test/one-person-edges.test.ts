import { bulk } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { erasure } from '@ledgersync/shared/erasure'
import { runBulk } from '../src/bulk/jobs.ts'
import { lockConnection } from '../src/connections/access.ts'
import { recordTrouble } from '../src/connections/health.ts'
import { withFirm } from '../src/db/client.ts'
import { writeAgain } from '../src/invites/outgoing.ts'
import { holdClients } from '../src/invites/reach.ts'
import { remindFirm } from '../src/invites/reminders.ts'
import { askForRepairs } from '../src/invites/repairs.ts'
import { insertInvites } from '../src/invites/service.ts'
import { deliverMessage } from '../src/messages/deliver.ts'
import { bankTrouble } from '../src/providers/plaid/causes.ts'
import { accessibilityProblems, launchBrowser, openPage, scrollsSideways } from './browser.ts'
import { makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { makeBankAccount } from './ledger-factories.ts'

// Somebody with several clients gets one message: what comes in between, and who must not see or get it.

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

let app: TestApp
let dana: Person
let people = 0
beforeAll(async () => {
  app = await startTestApp({}, { oneClock: true })
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.drain()
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  dana = await makeFirm(app)
})

const { client, create, listOf, tokenOf, page } = inviteKit(
  () => app,
  () => dana,
)
const texts = () => app.network.twilio.messages().map(({ to, body }) => ({ to, body }))
const wordsTo = (phone: string) =>
  texts()
    .filter(({ to }) => to === phone)
    .map(({ body }) => body)
const hugh = '+15035558123'

type Overrides = Parameters<typeof client>[0]
interface Lena {
  phone: string
  marine: string
  rentals: string
}
/** Two clients of one person. */
async function lena(overrides: Overrides = {}, ofRentals: Overrides = {}): Promise<Lena> {
  people += 1
  const phone = `+1503555${String(6000 + people)}`
  const her = { phone, email: `lena.edge${people}@bluewater.example`, contactFirstName: 'Lena', ...overrides }
  const marine = await client({ ...her, businessName: 'Bluewater Marine' })
  const rentals = await client({ ...her, businessName: 'Bluewater Rentals', ...ofRentals })
  return { phone, marine, rentals }
}
/** Where they are texts wait for three hours. */
const night = () => ({ timeZone: zoneAt(5, app.deps.now()) })
const change = (clientId: string, body: { phone?: string; email?: string; language?: 'es' }) =>
  app.call(clients.update, { params: { clientId }, body }, dana)
/** That much later; nobody stays signed in for days. */
const later = async (ms: number) => {
  await app.advance(ms)
  dana = await makeStaff(app, dana.firmId, 'administrator', 'Dana Whitlock')
}
const strike = async (work: typeof remindFirm) => {
  await work(app.deps, dana.firmId)
  await app.drain()
}
const inviteTogether = (ids: readonly string[]) =>
  withFirm(dana.ctx, async (tx) => {
    const held = await holdClients(tx, dana.ctx, ids)
    const invited = ids.flatMap((id) => held.filter((one) => one.id === id).map((one) => ({ client: one, kind: 'connect' as const })))
    await insertInvites(tx, dana.ctx, invited, { channel: 'sms', staffId: dana.staffId })
  })
async function brokenBank(clientId: string, name: string): Promise<void> {
  const accountId = await makeBankAccount(app, dana, clientId)
  const { rows } = await app.admin.query<{ id: string }>(
    'update connections set institution_name = $2 where id = (select connection_id from bank_accounts where id = $1) returning id',
    [accountId, name],
  )
  const trouble = bankTrouble('ITEM_LOGIN_REQUIRED')
  await withFirm(dana.ctx, async (tx) => {
    const connection = await lockConnection(tx, dana.ctx, rows[0]?.id ?? '')
    if (connection !== null && trouble !== null) await recordTrouble(tx, dana.ctx, connection, trouble)
  })
}
const post = (path: string, body: object = {}, cookie = '') =>
  app.request().post(path).type('form').set({ origin: app.config.publicUrl, cookie }).send(body)
const stateOf = async (clientId: string) => (await listOf(clientId))[0]?.state
const queued = async (to: string): Promise<number> =>
  (await app.admin.query("select count(*)::int as n from messages where state = 'queued' and to_address = $1", [to])).rows[0].n

test('a code for another browser goes only to an address that all clients of the link have', async () => {
  const { phone, marine, rentals } = await lena()
  await change(marine, { email: 'hugh@partner.example' })
  await inviteTogether([marine, rentals])
  await app.drain()
  const token = tokenOf(wordsTo(phone)[0] ?? '')
  expect((await post(`/i/${token}/connect?client=${rentals}`)).status).toBe(303)
  const other = await page(token)
  expect([other.status, other.text.includes('value="sms"'), other.text.includes('value="email"')]).toEqual([403, true, false])
  await post(`/i/${token}/code`, { channel: 'email' })
  await app.drain()
  expect(app.network.sendgrid.messages()).toEqual([])
  await post(`/i/${token}/code`, { channel: 'sms' })
  await app.drain()
  expect(wordsTo(phone).at(-1)).toMatch(/^\d{6} is your code/)
})

test('a client who has got another phone is not on the page of the others, and its owner gets no code for it', async () => {
  const { phone, marine, rentals } = await lena()
  await inviteTogether([marine, rentals])
  await app.drain()
  const token = tokenOf(wordsTo(phone)[0] ?? '')
  expect((await post(`/i/${token}/connect?client=${rentals}`)).status).toBe(303)
  await change(marine, { phone: hugh })
  await post(`/i/${token}/code`, { channel: 'sms' })
  await app.drain()
  expect([wordsTo(hugh).length, wordsTo(phone).length]).toEqual([0, 2])
  const fresh = await lena()
  await inviteTogether([fresh.marine, fresh.rentals])
  await app.drain()
  const untapped = tokenOf(wordsTo(fresh.phone)[0] ?? '')
  await change(fresh.marine, { phone: hugh })
  const { text: html } = await page(untapped)
  expect([html.includes('Marine'), (await page(untapped)).status]).toEqual([false, 200])
  expect((await post(`/i/${untapped}/connect?client=${fresh.marine}`)).headers.location).toBe(`/i/${untapped}`)
  expect(await stateOf(fresh.marine)).toBe('delivered')
  // Whoever has one new number on all of them goes on
  await change(fresh.rentals, { phone: hugh })
  expect((await page(untapped)).text).toContain('>Bluewater Marine</h3>')
})

test('several who write to one person at the same time leave one message, whether one waited before or not', async () => {
  const { phone, marine, rentals } = await lena(night())
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all([create(marine, 'sms'), create(rentals, 'sms'), create(marine, 'sms'), create(rentals, 'sms')])
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
    expect(await queued(phone)).toBe(1)
  }
  await later(4 * hourMs)
  await app.drain()
  expect(wordsTo(phone)).toHaveLength(1)
  for (const name of ['Marine', 'Rentals']) expect(wordsTo(phone)[0]).toContain(name)
})

test('a reminder that waits for the morning is not lost when a bank of another client breaks meanwhile', async () => {
  const { phone, marine, rentals } = await lena({ timeZone: zoneAt(19, app.deps.now()) })
  await inviteTogether([rentals])
  await app.drain()
  expect(wordsTo(phone)).toHaveLength(1)
  await later(3 * dayMs + 3 * hourMs)
  await strike(remindFirm)
  await brokenBank(marine, 'Harborview')
  await app.advance(11 * minuteMs)
  await strike(askForRepairs)
  expect([await queued(phone), wordsTo(phone).length]).toEqual([1, 1])
  await later(11 * hourMs)
  await app.drain()
  expect(wordsTo(phone)).toHaveLength(2)
  for (const name of ['Harborview', 'Rentals']) expect(wordsTo(phone)[1]).toContain(name)
})

test('a client whose phone is changed while a run waits for it is not written about to the old one', async () => {
  const { phone, marine, rentals } = await lena()
  const { body } = await app.call(bulk.start, { body: { clientIds: [marine, rentals], action: { kind: 'invite', channel: 'sms' } } }, dana)
  const admin = await app.admin.connect()
  try {
    await admin.query('begin')
    await admin.query('update clients set phone = $2 where id = $1', [rentals, hugh])
    const run = runBulk(app.deps, { firmId: dana.firmId, runId: body.id })
    for (let waiting = 0; waiting === 0; )
      waiting = (await app.admin.query('select count(*)::int as n from pg_locks where not granted')).rows[0].n
    await admin.query('commit')
    await run
  } finally {
    admin.release()
  }
  await app.drain()
  expect([wordsTo(phone).length, wordsTo(hugh).length]).toEqual([1, 1])
  expect(wordsTo(phone)[0]).not.toContain('Rentals')
  expect(await stateOf(rentals)).toBe('delivered')
})

test('who is asked to sign in by a message that another takes the place of is asked at the new number', async () => {
  const { phone, marine, rentals } = await lena(night())
  await brokenBank(marine, 'Harborview')
  await brokenBank(rentals, 'Southport')
  await app.advance(11 * minuteMs)
  await strike(askForRepairs)
  await change(rentals, { phone: hugh })
  expect((await create(marine, 'sms')).status).toBe(201)
  await later(4 * hourMs)
  await app.drain()
  await strike(askForRepairs)
  expect([wordsTo(phone).length, wordsTo(hugh).length]).toEqual([1, 1])
  expect(wordsTo(phone)[0]).not.toContain('Southport')
  expect(wordsTo(hugh)[0]).toContain('Southport')
})

test('who speaks another language by now gets a message of their own when that of the others is written anew', async () => {
  for (const by of ['invited', 'locked']) {
    const { phone, marine, rentals } = await lena(night())
    await inviteTogether([marine, rentals])
    await change(rentals, { language: 'es' })
    if (by === 'invited') expect((await create(marine, 'sms')).status).toBe(201)
    else {
      const third = await client({ phone, businessName: 'Sundial Letterpress', ...night() })
      await inviteTogether([third])
      await app.call(clients.lock, { params: { clientId: third } }, dana)
    }
    await later(4 * hourMs)
    await app.drain()
    const [spanish, english] = [true, false].map((isSpanish) => wordsTo(phone).filter((text) => text.startsWith('Hola') === isSpanish))
    expect([by, english?.length, spanish?.length]).toEqual([by, 1, 1])
    expect(await stateOf(rentals)).toBe('delivered')
  }
})

test('a button on a page that showed one client is about that one, whoever comes back meanwhile', async () => {
  const { phone, marine, rentals } = await lena()
  await inviteTogether([marine, rentals])
  await app.drain()
  const token = tokenOf(wordsTo(phone)[0] ?? '')
  await app.call(clients.lock, { params: { clientId: marine } }, dana)
  const { text: html } = await page(token)
  expect(html).not.toContain('Marine')
  await app.call(clients.unlock, { params: { clientId: marine } }, dana)
  const [another = '', statements = ''] = ['connect', 'statements'].map(
    (word) => new RegExp(`action="([^"]*/${word}[^"]*)"`).exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '',
  )
  expect((await post(another)).status).toBe(303)
  expect([await stateOf(marine), await stateOf(rentals)]).toEqual(['opened', 'started'])
  expect((await post(statements)).status).not.toBe(200)
  expect(statements).toContain(rentals)
  // What names none of several is about none
  for (const path of ['connect', 'statements']) expect((await post(`/i/${token}/${path}`)).headers.location).toBe(`/i/${token}`)
})

test('a person with clients in two time zones is reminded once, at the time that was shown', async () => {
  const { phone, marine, rentals } = await lena({}, { timeZone: zoneAt(9, app.deps.now()) })
  await inviteTogether([marine, rentals])
  await app.drain()
  expect((await post(`/i/${tokenOf(wordsTo(phone)[0] ?? '')}/later`, { when: 'tomorrow' })).status).toBe(303)
  const [first, second] = [(await listOf(marine))[0], (await listOf(rentals))[0]]
  expect(first?.remindAt).toEqual(expect.any(String))
  expect(second?.remindAt).toBe(first?.remindAt)
})

test('who has connected is not asked again when the link of all is asked for anew', async () => {
  const { phone, marine, rentals } = await lena()
  await inviteTogether([marine, rentals])
  await app.drain()
  const token = tokenOf(wordsTo(phone)[0] ?? '')
  await app.advance(minuteMs)
  await makeBankAccount(app, dana, marine)
  await later(6 * dayMs)
  await post(`/i/${token}/newest`)
  await app.drain()
  expect(wordsTo(phone)).toHaveLength(2)
  expect([(await listOf(marine)).length, (await listOf(rentals)).length]).toEqual([1, 2])
})

test('what deleting a client would do counts the message it shares', async () => {
  const { marine, rentals } = await lena(night())
  await inviteTogether([marine, rentals])
  for (const clientId of [marine, rentals]) {
    const { body } = await app.call(erasure.preview, { params: { clientId } }, dana)
    expect(body).toMatchObject({ messages: 1, waitingMessages: 1 })
  }
})

test('a text that was refused for now is written anew without who is locked before it is tried again', async () => {
  const { phone, marine, rentals } = await lena(night())
  await inviteTogether([marine, rentals])
  await app.admin.query("update messages set first_attempt_at = created_at, attempts = 1 where to_address = $1 and state = 'queued'", [
    phone,
  ])
  await app.call(clients.lock, { params: { clientId: rentals } }, dana)
  await later(4 * hourMs)
  await app.drain()
  expect(wordsTo(phone)).toHaveLength(1)
  expect(wordsTo(phone)[0]).not.toContain('Rentals')
})

test('twenty clients of one person fit on a small phone, whatever they are called, also without scripts', async () => {
  const { phone, marine, rentals } = await lena({}, { businessName: '<b>Brook & "Sons"</b>' })
  const others: string[] = []
  for (let nth = 0; nth < 18; nth++)
    others.push(await client({ phone, businessName: nth === 0 ? 'Windermere'.repeat(12) : `Business ${nth}` }))
  await inviteTogether([marine, rentals, ...others])
  await app.drain()
  const [text = ''] = wordsTo(phone)
  expect(text).toContain('and 18 more')
  const browser = await launchBrowser()
  for (const options of [{}, { javaScriptEnabled: false }] as const) {
    const { page: small, context } = await openPage(browser, { baseURL: app.config.publicUrl, screen: 'phone', ...options })
    await small.setViewportSize({ width: 320, height: 640 })
    for (const lang of ['en', 'es']) {
      await small.goto(`/i/${tokenOf(text)}?lang=${lang}`)
      expect([await small.locator('h3').count(), await scrollsSideways(small)]).toEqual([20, false])
      if (!('javaScriptEnabled' in options)) expect(await accessibilityProblems(small)).toEqual([])
    }
    expect(await small.getByRole('heading', { name: '<b>Brook & "Sons"</b>' }).count()).toBe(1)
    await context.close()
  }
  await browser.close()
}, 30_000)

test('a message that is written anew as it goes out meets others who write to the same person', async () => {
  const { phone, marine, rentals } = await lena(night())
  const third = await client({ phone, businessName: 'Sundial Letterpress', ...night() })
  await inviteTogether([marine, rentals, third])
  await app.call(clients.lock, { params: { clientId: third } }, dana)
  await later(4 * hourMs)
  const { rows } = await app.admin.query<{ id: string }>("select id from messages where state = 'queued' and to_address = $1", [phone])
  const messageId = rows[0]?.id ?? ''
  const [answers] = await Promise.all([
    Promise.all([create(marine, 'sms'), create(rentals, 'sms')]),
    deliverMessage(app.deps, { firmId: dana.firmId, messageId }, writeAgain),
    deliverMessage(app.deps, { firmId: dana.firmId, messageId }, writeAgain),
  ])
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  await app.drain()
  for (const text of wordsTo(phone)) expect(text).not.toContain('Sundial')
  expect([await stateOf(marine), await stateOf(rentals)]).toEqual(['delivered', 'delivered'])
})
