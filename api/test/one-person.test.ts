import { bulk } from '@ledgersync/shared/bulk'
import { clients } from '@ledgersync/shared/clients'
import { erasure } from '@ledgersync/shared/erasure'
import { messages } from '@ledgersync/shared/messages'
import { lockConnection } from '../src/connections/access.ts'
import { recordHealthy, recordTrouble } from '../src/connections/health.ts'
import { withFirm } from '../src/db/client.ts'
import { remindFirm } from '../src/invites/reminders.ts'
import { askForRepairs } from '../src/invites/repairs.ts'
import { insertInvites } from '../src/invites/service.ts'
import { holdClients } from '../src/invites/reach.ts'
import { bankTrouble } from '../src/providers/plaid/causes.ts'
import { linkBank, signInAtBank } from './bank-factories.ts'
import { makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { makeBankAccount } from './ledger-factories.ts'

// Somebody who has several clients gets one message and one page for all of them.

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

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

const { client, create, listOf, tokenOf, page, everything } = inviteKit(
  () => app,
  () => dana,
)
const texts = () => app.network.twilio.messages().map(({ body }) => body)
const mails = () => app.network.sendgrid.messages().map(({ text }) => text ?? '')
const names = ['Bluewater Marine', 'Bluewater Rentals', 'Sundial Letterpress']

type Overrides = Parameters<typeof client>[0]
/** Three clients of one person. */
async function threeOfLena(overrides: Overrides = {}): Promise<[string, string, string]> {
  people += 1
  const lena = {
    phone: `+1503555${String(7000 + people)}`,
    email: `lena${people}@bluewater.example`,
    contactFirstName: 'Lena',
    ...overrides,
  }
  const of = (businessName: string) => client({ ...lena, businessName })
  return [await of('Bluewater Marine'), await of('Bluewater Rentals'), await of('Sundial Letterpress')]
}

const trouble = bankTrouble('ITEM_LOGIN_REQUIRED')
const breaks = (connectionId: string) =>
  withFirm(dana.ctx, async (tx) => {
    const connection = await lockConnection(tx, dana.ctx, connectionId)
    if (connection !== null && trouble !== null) await recordTrouble(tx, dana.ctx, connection, trouble)
  })
const heals = (connectionId: string) =>
  withFirm(dana.ctx, async (tx) => {
    const connection = await lockConnection(tx, dana.ctx, connectionId)
    if (connection !== null) await recordHealthy(tx, dana.ctx, connection, true)
  })
async function brokenBank(clientId: string, name = 'First Platypus Bank'): Promise<string> {
  const accountId = await makeBankAccount(app, dana, clientId)
  const { rows } = await app.admin.query<{ id: string }>(
    'update connections set institution_name = $2 where id = (select connection_id from bank_accounts where id = $1) returning id',
    [accountId, name],
  )
  const connectionId = rows[0]?.id ?? ''
  await breaks(connectionId)
  return connectionId
}
/** What the clock brings, three times at the same moment. */
const clockStrikes = async () => {
  for (const work of [askForRepairs, remindFirm]) await Promise.all([1, 2, 3].map(() => work(app.deps, dana.firmId)))
  await app.drain()
}
/** That much later; nobody stays signed in for days. */
const later = async (ms: number) => {
  await app.advance(ms)
  dana = await makeStaff(app, dana.firmId, 'administrator', 'Dana Whitlock')
}
/** One invite for each of these clients of one person, in one message. */
const inviteTogether = (ids: readonly string[], channel: 'sms' | 'email' | 'both' = 'sms') =>
  withFirm(dana.ctx, async (tx) => {
    const held = await holdClients(tx, dana.ctx, ids)
    const invited = ids.flatMap((id) => held.filter((one) => one.id === id).map((one) => ({ client: one, kind: 'connect' as const })))
    await insertInvites(tx, dana.ctx, invited, { channel, staffId: dana.staffId })
  })
const post = (path: string, body: object = {}, cookie = '') =>
  app.request().post(path).type('form').set({ origin: app.config.publicUrl, cookie }).send(body)
const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await listOf(id))[0]?.state))
const logOf = async (clientId: string, as: Person = dana) => (await app.call(messages.list, { params: { clientId } }, as)).body.items
const bodiesOf = async (clientId: string) => (await logOf(clientId)).map(({ state, body }) => `${state}: ${body}`)

test('three clients with four broken banks are one text and one page, on which each is repaired', async () => {
  const ids = await threeOfLena()
  const [marine, rentals, press] = ids
  const bank = await linkBank(app, dana, marine)
  await brokenBank(rentals, 'First Meridian')
  const [one, two] = [await brokenBank(press, 'Southport'), await brokenBank(press, 'Unity Card')]
  app.network.plaid.breakLogin(bank.itemId)
  await app.drain()
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await clockStrikes()
  expect([texts().length, mails().length]).toEqual([1, 0])
  const [text = ''] = texts()
  expect(text).toContain('Hi Lena, this is Dana Whitlock')
  for (const name of ['(Bluewater Marine)', '(Bluewater Rentals)']) expect(text).toContain(name)
  expect(text).toContain('and 2 more need you to sign in again')
  expect(await states(ids)).toEqual(['delivered', 'delivered', 'delivered'])

  const token = tokenOf(text)
  const { text: html } = await page(token)
  for (const name of names) expect(html).toContain(`>${name}</h3>`)
  expect(html.match(/name="connectionId"/g)).toHaveLength(4)
  expect(html.match(/class="bank next"/g)).toHaveLength(1)
  const tapped = await post(`/i/${token}/connect?client=${marine}`, { connectionId: bank.connectionId })
  expect([tapped.status, tapped.headers.location]).toEqual([303, expect.stringContaining(app.network.plaid.url)])
  expect(await states(ids)).toEqual(['started', 'opened', 'opened'])
  await signInAtBank(app, dana, marine)
  await app.advance(minuteMs)
  await app.drain()
  expect(await states(ids)).toEqual(['connected', 'opened', 'opened'])

  // What is left is repaired elsewhere; nobody is reminded of what is done
  await heals(one)
  await heals(two)
  expect(await states(ids)).toEqual(['connected', 'opened', 'connected'])
  await later(3 * dayMs + 5 * minuteMs)
  await clockStrikes()
  expect(texts()).toHaveLength(2)
  expect(texts()[1]).toContain('First Meridian')
  for (const name of ['Southport', 'Unity Card', 'Marine', 'Sundial']) expect(texts()[1]).not.toContain(name)
  expect((await listOf(rentals))[0]?.messages.map(({ alsoAbout }) => alsoAbout.length)).toEqual([2, 0])
  expect((await listOf(marine))[0]?.messages).toHaveLength(1)
})

test('whoever has another number, another language or no consent gets a message of their own', async () => {
  const [marine, rentals, press] = await threeOfLena()
  const other = await client({ phone: '+15035557999', businessName: 'Kestrel Freight', contactFirstName: 'Hugh' })
  await app.admin.query("update clients set language = 'es' where id = $1", [rentals])
  await app.admin.query('update clients set text_consent_at = null where id = $1', [press])
  for (const id of [marine, rentals, press, other]) await brokenBank(id)
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect([texts().length, mails().length]).toEqual([3, 1])
  expect(texts().filter((text) => text.startsWith('Hola'))).toHaveLength(1)
})

test('news of the one message are news of each invite, and a failed one has failed for all', async () => {
  const ids = await threeOfLena()
  await inviteTogether(ids, 'both')
  expect(await states(ids)).toEqual(['queued', 'queued', 'queued'])
  await app.drain()
  expect([texts().length, mails().length]).toEqual([1, 1])
  expect(await states(ids)).toEqual(['delivered', 'delivered', 'delivered'])
  const dead = await threeOfLena({ phone: '+15005550009', email: null })
  await inviteTogether(dead)
  await app.drain()
  expect(await states(dead)).toEqual(['failed', 'failed', 'failed'])
})

test.each([
  ['is locked', (id: string) => app.call(clients.lock, { params: { clientId: id } }, dana)],
  ['has another phone', (id: string) => app.call(clients.update, { params: { clientId: id }, body: { phone: '+15035558123' } }, dana)],
  ['is deleted', (id: string, name: string) => app.call(erasure.remove, { params: { clientId: id }, body: { businessName: name } }, dana)],
])('a message that waits for the morning goes without a client who %s meanwhile', async (_what, change) => {
  for (const out of [0, 1]) {
    await app.network.twilio.reset()
    const ids = await threeOfLena({ timeZone: zoneAt(5, app.deps.now()) })
    await inviteTogether(ids)
    await app.drain()
    expect(texts()).toEqual([])
    expect((await change(ids[out] ?? '', names[out] ?? '')).status).toBeLessThan(300)
    await app.drain()
    await later(4 * 60 * minuteMs)
    await app.drain()
    const left = names.filter((_name, index) => index !== out)
    const own = texts().filter((text) => left.some((name) => text.includes(name)))
    expect(own).toHaveLength(1)
    expect(own[0]).not.toContain(names[out])
    const { text: html } = await page(tokenOf(own[0] ?? ''))
    for (const name of left) expect(html).toContain(`>${name}</h3>`)
    expect(html).not.toContain(names[out])
    // As for one client: nothing goes to the new number by itself
    expect(texts()).toHaveLength(1)
  }
})

test('one that is invited anew by hand leaves the waiting message to the others, and its old links show only them', async () => {
  const ids = await threeOfLena({ timeZone: zoneAt(5, app.deps.now()) })
  const [marine, rentals] = ids
  await inviteTogether(ids)
  expect((await create(rentals, 'email')).status).toBe(201)
  expect((await bodiesOf(marine)).map((line) => [line.split(':')[0], line.includes('Rentals')])).toEqual([
    ['queued', false],
    ['canceled', true],
  ])
  await later(4 * 60 * minuteMs)
  await app.drain()
  expect(texts()).toHaveLength(1)
  expect(mails()).toHaveLength(1)

  const sent = await threeOfLena()
  await inviteTogether(sent)
  await app.drain()
  const token = tokenOf(texts()[1] ?? '')
  expect((await create(sent[0], 'copy')).status).toBe(201)
  const { status, text: html } = await page(token)
  expect([status, html.includes('>Bluewater Marine</h3>'), html.includes('>Bluewater Rentals</h3>')]).toEqual([200, false, true])
  expect((await post(`/i/${token}/connect?client=${sent[0]}`)).headers.location).toBe(`/i/${token}`)
  expect((await listOf(sent[0]))[0]).toMatchObject({ state: 'sent', channel: 'copy' })
})

test('what breaks while a message waits is in the one message', async () => {
  const ids = await threeOfLena({ timeZone: zoneAt(5, app.deps.now()) })
  await inviteTogether(ids)
  await brokenBank(ids[1], 'Harborview')
  expect(texts()).toEqual([])
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await later(4 * 60 * minuteMs)
  await app.drain()
  expect(texts()).toHaveLength(1)
  for (const name of ['Harborview', ...names]) expect(texts()[0]).toContain(name)
})

test('one phone and a mailbox for each business is one text, and a letter to each mailbox about its own', async () => {
  const ids = await threeOfLena()
  for (const [nth, id] of ids.entries()) {
    const body = { email: `books@business${nth}-${people}.example` }
    expect((await app.call(clients.update, { params: { clientId: id }, body }, dana)).status).toBe(200)
  }
  const run = await app.call(bulk.start, { body: { action: { kind: 'invite', channel: 'both' }, clientIds: ids } }, dana)
  expect(run.status).toBe(202)
  await app.drain()
  expect([texts().length, mails().length]).toEqual([1, 3])
  for (const name of names) {
    expect(texts()[0]).toContain(name)
    expect(mails().filter((mail) => names.filter((other) => other !== name).some((other) => mail.includes(other)))).toEqual([])
  }
  const to = (await logOf(ids[1])).map(({ channel, alsoAbout }) => `${channel} ${alsoAbout.length}`)
  expect(to.sort()).toEqual(['email 0', 'sms 2'])
  expect(await states(ids)).toEqual(['delivered', 'delivered', 'delivered'])

  // Reminded by text or both ways, the phone rings once
  await create(ids[0], 'sms')
  await app.drain()
  const before = [texts().length, mails().length]
  await later(3 * dayMs + 5 * minuteMs)
  await clockStrikes()
  expect([texts().length, mails().length]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 2])
  for (const name of names) expect(texts().at(-1)).toContain(name)
})

test('what colleagues ask of one person one after the other waits as one message', async () => {
  const ids = await threeOfLena({ timeZone: zoneAt(5, app.deps.now()) })
  const marcus = await makeStaff(app, dana.firmId, 'administrator')
  expect((await create(ids[0], 'sms')).status).toBe(201)
  expect((await create(ids[1], 'both', marcus)).status).toBe(201)
  await inviteTogether([ids[2]])
  await app.drain()
  expect([texts().length, mails().length]).toEqual([0, 1])
  expect((await logOf(ids[0])).map(({ state, alsoAbout }) => [state, alsoAbout.length])).toEqual([
    ['queued', 2],
    ['canceled', 1],
    ['canceled', 0],
  ])
  await later(4 * 60 * minuteMs)
  await app.drain()
  expect(texts()).toHaveLength(1)
  for (const name of names) expect(texts()[0]).toContain(name)
  expect(await states(ids)).toEqual(['delivered', 'delivered', 'delivered'])
})

test('a link opens no client but its own, whatever the address names', async () => {
  const ids = await threeOfLena()
  const stranger = await client()
  const strangersBank = await brokenBank(stranger)
  const ours = await brokenBank(ids[1])
  await inviteTogether(ids)
  await app.drain()
  const token = tokenOf(texts()[0] ?? '')
  const before = await everything()
  for (const path of [`connect?client=${stranger}`, `statements?client=${stranger}`, 'later?client=x'])
    expect((await post(`/i/${token}/${path}`)).headers.location).toBe(`/i/${token}`)
  expect((await page(token, {}, `?client=${stranger}`)).headers['location']).toBe(`/i/${token}`)
  expect(await everything()).toBe(before)
  // The bank of one is not that of another
  expect((await post(`/i/${token}/connect?client=${ids[0]}`, { connectionId: ours })).status).toBe(404)
  expect((await post(`/i/${token}/connect?client=${ids[0]}`, { connectionId: strangersBank })).status).not.toBe(303)
})

test('whoever looks after one of them sees no more than that one', async () => {
  const ids = await threeOfLena()
  const marcus = await makeStaff(app, dana.firmId, 'employee')
  await app.admin.query('insert into client_staff (firm_id, client_id, staff_id, assigned_at) values ($1, $2, $3, now())', [
    dana.firmId,
    ids[1],
    marcus.staffId,
  ])
  await inviteTogether(ids)
  await app.drain()
  const [his] = await logOf(ids[1], marcus)
  expect(his?.alsoAbout).toEqual([])
  expect(his?.body).toBe('This message is also about clients that you do not look after, so its words are not shown.')
  const [hers] = await logOf(ids[1])
  expect(hers?.alsoAbout.map(({ businessName }) => businessName)).toEqual(['Bluewater Marine', 'Sundial Letterpress'])
  expect(hers?.body).toContain('Bluewater Marine')
  const token = tokenOf(texts()[0] ?? '')
  const { text: html } = await page(token, { cookie: marcus.cookie })
  expect(html).toContain('This is what your client sees')
  for (const name of [names[0], names[2]]) expect(html).not.toContain(name)
})

test('when one of them is deleted, its name goes from the log and the link opens the others', async () => {
  for (const gone of [0, 2]) {
    await app.network.twilio.reset()
    const ids = await threeOfLena()
    await inviteTogether(ids)
    await app.drain()
    const token = tokenOf(texts()[0] ?? '')
    const body = { businessName: names[gone] ?? '' }
    expect((await app.call(erasure.remove, { params: { clientId: ids[gone] ?? '' }, body }, dana)).status).toBe(204)
    const { status, text: html } = await page(token)
    expect(status).toBe(200)
    for (const [index, name] of names.entries()) expect([name, html.includes(name)]).toEqual([name, index !== gone])
    expect(await bodiesOf(ids[1])).toEqual(['delivered: Erased: it also named a client who has been deleted.'])
    const left = ids.filter((_id, index) => index !== gone)
    expect((await post(`/i/${token}/connect?client=${left[1]}`)).status).toBe(303)
    expect(await states(left)).toEqual(['opened', 'started'])
    const { rows } = await app.admin.query<{ n: number }>('select count(*)::int as n from link_invites where client_id = $1', [ids[gone]])
    expect(rows[0]?.n).toBe(0)
  }
})

test('reminders, by the clock and as the client chose, are one message too', async () => {
  const ids = await threeOfLena()
  await inviteTogether(ids)
  await app.drain()
  const token = tokenOf(texts()[0] ?? '')
  expect((await post(`/i/${token}/later`, { when: 'tomorrow' })).status).toBe(303)
  for (const id of ids) expect((await listOf(id))[0]).toMatchObject({ remindAsked: true, state: 'opened' })
  await later(dayMs)
  await clockStrikes()
  expect(texts()).toHaveLength(2)
  for (const name of names) expect(texts()[1]).toContain(name)
  await later(3 * dayMs)
  await clockStrikes()
  expect(texts()).toHaveLength(2)
})

test('a link that has ended sends the newest, once for all', async () => {
  const ids = await threeOfLena()
  await inviteTogether(ids)
  await app.drain()
  const token = tokenOf(texts()[0] ?? '')
  await later(6 * dayMs)
  expect((await page(token)).status).toBe(410)
  expect((await post(`/i/${token}/newest`)).status).toBe(200)
  await app.drain()
  expect(texts()).toHaveLength(2)
  const { text: html } = await page(tokenOf(texts()[1] ?? ''))
  for (const name of names) expect(html).toContain(`>${name}</h3>`)
  expect((await page(token)).text).toContain('There is a newer link')
})

test('statements are sent for the client whose button was tapped', async () => {
  const ids = await threeOfLena()
  await inviteTogether(ids)
  await app.drain()
  const token = tokenOf(texts()[0] ?? '')
  const { text: html } = await page(token)
  for (const name of names) expect(html).toContain(`Send statements for ${name}`)
  const first = await post(`/i/${token}/statements?client=${ids[1]}`)
  expect(first.headers.location).toBe(`/i/${token}/statements?client=${ids[1]}`)
  // supertest types headers loosely; this is the list of what was set
  const cookie = (first.headers['set-cookie'] as unknown as string[])[0]?.split(';')[0] ?? ''
  const sent = await app
    .request()
    .post(`/i/${token}/statements?lang=en&client=${ids[1]}`)
    .set({ origin: app.config.publicUrl, cookie })
    .attach('files', Buffer.from('Date,Payee,Amount\n2026-10-01,FUEL,5.00\n'), 'march.csv')
  expect(sent.headers['location']).toContain(`client=${ids[1]}`)
  const shown = await app.request().get(String(sent.headers['location'])).set({ cookie })
  expect(shown.text).toContain(`${names[1]}</h1>`)
  expect(shown.text).toContain(`lang=es&amp;client=${ids[1]}`)
  const { rows } = await app.admin.query<{ client_id: string }>('select client_id from statements where firm_id = $1', [dana.firmId])
  expect(rows).toEqual([{ client_id: ids[1] }])
})
