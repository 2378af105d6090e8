import { clients } from '@ledgersync/shared/clients'
import { connections } from '@ledgersync/shared/connections'
import { firms } from '@ledgersync/shared/firms'
import { optInPhone, optOutEmail, optOutPhone } from '../src/clients/opt-outs.ts'
import { lockConnection } from '../src/connections/access.ts'
import { recordHealthy, recordTrouble } from '../src/connections/health.ts'
import { withFirm } from '../src/db/client.ts'
import { remindFirm } from '../src/invites/reminders.ts'
import { askForRepairs } from '../src/invites/repairs.ts'
import { bankTrouble } from '../src/providers/plaid/causes.ts'
import { linkBank, signInAtBank } from './bank-factories.ts'
import { makeFirm, makeStaff, type Person, zoneAt } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { inviteKit } from './invite-kit.ts'
import { makeBankAccount } from './ledger-factories.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

let app: TestApp
let dana: Person
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

const { client, create, listOf, codeOf, tokenOf, page } = inviteKit(
  () => app,
  () => dana,
)
const texts = () => app.network.twilio.messages().map(({ body }) => body)
const mails = () => app.network.sendgrid.messages().map(({ subject, text }) => `${subject}\n${text ?? ''}`)
const counts = () => [texts().length, mails().length]
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
const trouble = bankTrouble('ITEM_LOGIN_REQUIRED')
const connectionOf = async (accountId: string): Promise<string> =>
  (await app.admin.query<{ id: string }>('select connection_id as id from bank_accounts where id = $1', [accountId])).rows[0]?.id ?? ''
const breaks = (connectionId: string) =>
  withFirm(dana.ctx, async (tx) => {
    const connection = await lockConnection(tx, dana.ctx, connectionId)
    if (connection !== null && trouble !== null) await recordTrouble(tx, dana.ctx, connection, trouble)
  })
/** The bank's word that the login was repaired, and then a good sync. */
const heals = async (connectionId: string, isSynced = true) => {
  for (const repaired of isSynced ? [true, false] : [true])
    await withFirm(dana.ctx, async (tx) => {
      const connection = await lockConnection(tx, dana.ctx, connectionId)
      if (connection !== null) await recordHealthy(tx, dana.ctx, connection, repaired)
    })
}
/** A client with a broken bank, ready to be asked. */
async function broken(overrides: Parameters<typeof client>[0] = {}, bank: Parameters<typeof makeBankAccount>[3] = {}) {
  const clientId = await client(overrides)
  const connectionId = await connectionOf(await makeBankAccount(app, dana, clientId, bank))
  await breaks(connectionId)
  return { clientId, connectionId }
}
const ask = (clientId: string) => app.call(connections.askClient, { params: { clientId } }, dana)
const rowOf = async (clientId: string) =>
  (await app.call(connections.list, { query: {} }, dana)).body.items.find((row) => row.clientId === clientId)

test('a bank that breaks is one text; one tap and a sign-in repair it, and everything that stood open is over', async () => {
  const clientId = await client()
  const bank = await linkBank(app, dana, clientId)
  app.network.plaid.breakLogin(bank.itemId)
  await app.drain()
  await clockStrikes()
  // Others may break in the same minutes
  expect(counts()).toEqual([0, 0])
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
  const { rows } = await app.admin.query<{ name: string; mask: string }>(
    `select n.institution_name as name, a.mask from connections n join bank_accounts a on a.connection_id = n.id where n.id = $1 order by a.created_at, a.id limit 1`,
    [bank.connectionId],
  )
  const { name, mask } = rows[0] ?? { name: '', mask: '' }
  expect(texts()[0]).toContain(
    `Hi Nora, this is Dana Whitlock at Quillstone Accounting. ${name} ending in ${mask} needs you to sign in again: the saved sign-in no longer works.`,
  )
  expect(await rowOf(clientId)).toMatchObject({ health: 'needs_client', clientAskedAt: expect.any(String) })
  const token = tokenOf(texts()[0] ?? '')
  const { text: html } = await page(token)
  expect(html).toContain(`Hi Nora, please sign in to ${name} again`)
  expect(html).toContain(`name="connectionId" value="${bank.connectionId}"`)
  const tapped = await app
    .request()
    .post(`/i/${token}/connect`)
    .set('Origin', app.config.publicUrl)
    .type('form')
    .send({ connectionId: bank.connectionId })
  expect([tapped.status, tapped.headers.location]).toEqual([303, expect.stringContaining(app.network.plaid.url)])
  await signInAtBank(app, dana, clientId)
  await app.advance(minuteMs)
  await app.drain()
  expect(await rowOf(clientId)).toMatchObject({ health: 'healthy', clientAskedAt: null })
  expect((await listOf(clientId))[0]).toMatchObject({ state: 'connected', remindAt: null })
  const [connection] = (await app.call(connections.listOfClient, { params: { clientId } }, dana)).body.items
  expect(connection?.history.map(({ kind, by }) => `${kind}, ${by}`).slice(0, 2)).toEqual([
    'Reconnected, Client',
    'Broken (Username/Password), Bank',
  ])
  await later(4 * dayMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
})

test('banks that break together are one message, and all that is asked for stands in it', async () => {
  const { clientId } = await broken({ language: 'es' }, {})
  const second = await connectionOf(await makeBankAccount(app, dana, clientId))
  await app.admin.query("update connections set institution_name = 'Tartan Bank' where id = $1", [second])
  await breaks(second)
  await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian' } }, dana)
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
  expect(texts()[0]).toContain('First Platypus Bank y Tartan Bank piden que entre de nuevo. Conecte también First Meridian.')
  const { text: html } = await page(tokenOf(texts()[0] ?? ''))
  expect(html.match(/name="connectionId"/g)).toHaveLength(2)
  expect(html.match(/name="bankId"/g)).toHaveLength(1)
})

test('who has not signed in by the third day is reminded, once; who was helped by staff is not', async () => {
  const [slow, helped] = [await broken(), await broken()]
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([2, 0])
  await heals(helped.connectionId)
  expect((await listOf(helped.clientId))[0]).toMatchObject({ state: 'connected' })
  for (let days = 0; days < 6; days++) {
    await later(dayMs)
    await clockStrikes()
  }
  expect(counts()).toEqual([3, 0])
  expect(texts()[2]).toMatch(
    /^Hi Nora, a reminder from Dana Whitlock at Quillstone Accounting\. First Platypus Bank ending in \d{4} needs you to sign in again/,
  )
  expect(await rowOf(slow.clientId)).toMatchObject({ health: 'needs_client' })
})

test('a bank that breaks anew is asked for anew', async () => {
  const { clientId, connectionId } = await broken()
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await heals(connectionId)
  await breaks(connectionId)
  expect(await rowOf(clientId)).toMatchObject({ clientAskedAt: null })
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([2, 0])
})

test('an invite that is open carries the request: all its links go on working', async () => {
  const clientId = await client()
  await create(clientId, 'sms')
  await app.drain()
  await breaks(await connectionOf(await makeBankAccount(app, dana, clientId)))
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([2, 0])
  const invites = await listOf(clientId)
  expect(invites.map(({ messages }) => messages.length)).toEqual([2])
  for (const text of texts()) expect((await page(tokenOf(text))).status).toBe(200)
})

test('an invite that waits for the morning carries it in its one text, and stays what it is when the bank heals', async () => {
  const clientId = await client({ timeZone: zoneAt(2, app.deps.now()) })
  await app.call(clients.addBank, { params: { clientId }, body: { institutionId: 'ins_1', name: 'First Meridian' } }, dana)
  await create(clientId, 'sms')
  await app.drain()
  const connectionId = await connectionOf(await makeBankAccount(app, dana, clientId, {}))
  await app.admin.query("update connections set created_at = created_at - interval '1 day' where id = $1", [connectionId])
  await breaks(connectionId)
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await heals(connectionId)
  await later(7 * hourMs)
  await app.drain()
  expect(texts()).toEqual([
    expect.stringMatching(/First Platypus Bank ending in \d{4} needs you to sign in again.* Please also connect First Meridian\./),
  ])
  const [invite, ...others] = await listOf(clientId)
  expect(others).toEqual([])
  expect(invite).toMatchObject({ kind: 'connect', state: 'delivered', messages: [{ state: 'canceled' }, { state: 'delivered' }] })
})

test('a link that was handed over goes on working beside the message', async () => {
  const clientId = await client()
  const handedOver = tokenOf((await create(clientId, 'copy')).body.url)
  await breaks(await connectionOf(await makeBankAccount(app, dana, clientId)))
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
  for (const token of [handedOver, tokenOf(texts()[0] ?? '')]) expect((await page(token)).status).toBe(200)
})

test('the third day counts from the request, whatever the invite has seen before', async () => {
  const clientId = await client()
  await create(clientId, 'sms')
  await app.drain()
  await later(3 * dayMs)
  await clockStrikes()
  expect(counts()).toEqual([2, 0])
  await later(dayMs)
  await breaks(await connectionOf(await makeBankAccount(app, dana, clientId)))
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([3, 0])
  await later(2 * dayMs)
  await clockStrikes()
  expect(counts()).toEqual([3, 0])
  await later(dayMs)
  await clockStrikes()
  expect(counts()).toEqual([4, 0])
})

test('a sign-in that did not help, or news that came late, is no new break', async () => {
  const { clientId, connectionId } = await broken()
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await heals(connectionId, false)
  await breaks(connectionId)
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
  expect(await rowOf(clientId)).toMatchObject({ health: 'needs_client', clientAskedAt: expect.any(String) })
})

test('a number that is corrected at night gets the text, and the old one does not', async () => {
  const { clientId } = await broken({ timeZone: zoneAt(2, app.deps.now()), phone: '+15035550183' })
  await app.advance(11 * minuteMs)
  await clockStrikes()
  await app.call(clients.update, { params: { clientId }, body: { phone: '(503) 555-0184' } }, dana)
  await later(7 * hourMs)
  await app.drain()
  expect(counts()).toEqual([0, 0])
  await clockStrikes()
  expect(app.network.twilio.messages().map(({ to }) => to)).toEqual(['+15035550184'])
})

test('who cannot be asked keeps nobody waiting, and is tried again the day after', async () => {
  const silent = await broken({ phone: '+15035550185', email: null })
  await withFirm(dana.ctx, (tx) => optOutPhone(tx, app.deps, '+15035550185', app.deps.now()))
  await app.advance(11 * minuteMs)
  await clockStrikes()
  const tried = async () =>
    (await app.admin.query<{ at: Date | null }>('select ask_failed_at as at from connections where client_id = $1', [silent.clientId]))
      .rows[0]?.at
  const first = await tried()
  expect(first).toBeInstanceOf(Date)
  await app.advance(hourMs)
  await clockStrikes()
  expect(await tried()).toEqual(first)
  await withFirm(dana.ctx, (tx) => optInPhone(tx, app.deps, '+15035550185', app.deps.now()))
  await later(dayMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
})

test('mail goes where no text may; nothing to whom the firm signs in for, who is locked or opted out, or where the firm does not want it', async () => {
  await broken({ textConsentAt: null, textConsentBy: null })
  await broken({ phone: '+15035550181' })
  await broken({ phone: '+15035550182', email: 'silent@saltgrass.example' })
  await broken({ staffHaveAccess: true })
  await broken({ lockedAt: app.deps.now() })
  await broken({ phone: null, email: null })
  await withFirm(dana.ctx, async (tx) => {
    for (const phone of ['+15035550181', '+15035550182']) await optOutPhone(tx, app.deps, phone, app.deps.now())
    await optOutEmail(tx, app.deps, dana.firmId, 'silent@saltgrass.example')
  })
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([0, 2])
  expect(mails()[0]).toMatch(
    /asks you to sign in to First Platypus Bank again\n[\s\S]*This is Dana Whitlock at Quillstone Accounting\. First Platypus Bank ending in/,
  )
  await app.call(firms.update, { body: { askRepairs: false } }, dana)
  await broken()
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([0, 2])
})

test('what waits for the morning is not sent when the bank works by then', async () => {
  const night = { timeZone: zoneAt(2, app.deps.now()) }
  const [slept, woken] = [await broken(night), await broken(night)]
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([0, 0])
  await heals(slept.connectionId)
  await later(7 * hourMs)
  await app.drain()
  expect(counts()).toEqual([1, 0])
  expect((await listOf(slept.clientId))[0]?.messages[0]).toMatchObject({ state: 'canceled', reason: expect.stringMatching(/bank/i) })
  expect((await listOf(woken.clientId))[0]?.messages[0]).toMatchObject({ state: 'delivered' })
})

test('by hand the client is asked at once, and once', async () => {
  const { clientId, connectionId } = await broken()
  const answers = await Promise.all([ask(clientId), ask(clientId)])
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  await app.drain()
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(counts()).toEqual([1, 0])
  expect((await ask(clientId)).status).toBe(204)
  await app.drain()
  expect(counts()).toEqual([2, 0])
  await heals(connectionId)
  expect(codeOf(await ask(clientId))).toBe('conflict')
  const unreachable = await broken({ phone: null, email: null })
  expect(codeOf(await ask(unreachable.clientId))).toBe('conflict')
  const locked = await broken({ lockedAt: app.deps.now() })
  expect(codeOf(await ask(locked.clientId))).toBe('client_locked')
})

test('whoever invited last speaks, while they work here; else somebody who does', async () => {
  const marcus = await makeStaff(app, dana.firmId, 'administrator', 'Marcus Oyelade')
  const clientId = await client()
  await create(clientId, 'sms', marcus)
  await app.drain()
  await later(6 * dayMs)
  await app.admin.query('update staff set deactivated_at = now() where id = $1', [marcus.staffId])
  await breaks(await connectionOf(await makeBankAccount(app, dana, clientId)))
  await app.advance(11 * minuteMs)
  await clockStrikes()
  expect(texts().at(-1)).toContain('this is Dana Whitlock at')
})

test('a tap on a connection of somebody else leads nowhere', async () => {
  const [mine, theirs] = [await broken(), await broken()]
  await app.advance(11 * minuteMs)
  await clockStrikes()
  const token = tokenOf(texts()[0] ?? '')
  const owner = (await page(token)).text.includes(mine.connectionId) ? mine : theirs
  const other = owner === mine ? theirs : mine
  const tap = (connectionId: string, cookie: string[]) =>
    app.request().post(`/i/${token}/connect`).set('Origin', app.config.publicUrl).set('Cookie', cookie).type('form').send({ connectionId })
  const first = await tap(other.connectionId, [])
  // supertest types headers loosely; set-cookie is the only list
  const cookies = (first.headers['set-cookie'] as unknown as string[]).map((line) => line.split(';')[0] ?? '')
  expect([first.status, (await tap('nonsense', cookies)).status, (await tap(owner.connectionId, cookies)).status]).toEqual([404, 404, 409])
})
