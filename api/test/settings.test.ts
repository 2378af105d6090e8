import { auth } from '@ledgersync/shared/auth'
import { clients } from '@ledgersync/shared/clients'
import { type FirmUpdate, firms } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { hourMs, messageKit } from './message-kit.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
}, 60_000)
beforeEach(async () => {
  await product.drain()
  await product.network.twilio.reset()
  await product.network.sendgrid.reset()
  dana = await makeFirm(product)
})
afterAll(() => product.close())

const { zoneAt, invite, messagesOf, texts, mails } = messageKit(
  () => product,
  () => dana,
)
const change = (body: FirmUpdate) => product.call(firms.update, { body }, dana)

test('the settings begin with what the product promises, and keep what is changed', async () => {
  expect((await product.call(firms.get, {}, dana)).body).toMatchObject({
    name: 'Quillstone Accounting',
    senderName: null,
    mailSender: 'person',
    defaultLanguage: 'en',
    defaultInvite: 'sms',
    defaultTimeZone: null,
    assignAll: false,
    askRepairs: true,
    messagesPerPersonDay: 3,
    messagesPerHour: 10_000,
  })
  const changed = await change({ name: ' Quillstone & Co ', timeZone: 'America/Chicago', defaultInvite: 'email', messagesPerHour: 50 })
  expect(changed.body).toMatchObject({ name: 'Quillstone & Co', timeZone: 'America/Chicago', defaultInvite: 'email', messagesPerHour: 50 })
  expect((await product.call(auth.me, {}, dana)).body.firm).toMatchObject({ name: 'Quillstone & Co', timeZone: 'America/Chicago' })
  const wrong = await change({ defaultTimeZone: 'Mars/Olympus' })
  expect([wrong.status, wrong.body]).toMatchObject([400, { fields: [{ field: 'body.defaultTimeZone' }] }])
  for (const body of [{ messagesPerPersonDay: 4 }, { messagesPerHour: 10_001 }, { messagesPerPersonDay: 0 }])
    expect((await change(body)).status).toBe(400)
})

test('clients read the sender name in texts, mails and on their page, and mails come from whom the firm chose', async () => {
  await change({ senderName: 'Dana’s Books' })
  await invite('both')
  await product.drain()
  expect(texts()[0]?.body).toContain('Dana')
  const [text, mail] = [JSON.stringify(texts()), JSON.stringify(mails())]
  for (const written of [text, mail]) expect([written.includes('Quillstone'), /Dana.s Books/.test(written)]).toEqual([false, true])
  expect(mail).toMatch(/Dana Whitlock \(Dana.s Books\)/)
  const path = /\/i\/[\w-]{43}/.exec(mail)?.[0] ?? ''
  const page = (await product.request().get(path)).text
  expect([page.includes('Quillstone'), page.includes('Dana’s Books')]).toEqual([false, true])
  await product.network.sendgrid.reset()
  await change({ mailSender: 'firm' })
  await invite('email')
  await product.drain()
  expect(JSON.stringify(mails())).not.toMatch(/Dana Whitlock \(/)
})

test('new clients begin with the defaults of the firm; those there are stay as they are', async () => {
  const before = await makeClient(product, dana)
  await change({ defaultLanguage: 'es', defaultTimeZone: 'America/Denver' })
  const added = await product.call(clients.create, { body: { staffHaveAccess: true, businessName: 'Larkspur Yoga' } }, dana)
  expect(added.body).toMatchObject({ language: 'es', timeZone: 'America/Denver' })
  const chosen = { staffHaveAccess: true, businessName: 'Larkspur Two', language: 'en' as const, timeZone: 'America/Chicago' }
  expect((await product.call(clients.create, { body: chosen }, dana)).body).toMatchObject({ language: 'en', timeZone: 'America/Chicago' })
  expect((await product.call(clients.get, { params: { clientId: before } }, dana)).body).toMatchObject({ language: 'en' })
})

test('a lower limit holds: one person gets no more in a day, and the firm sends no more in an hour; what waits says until when', async () => {
  await change({ messagesPerPersonDay: 1 })
  const clientId = await invite('email')
  await product.drain()
  await product.call(invites.create, { params: { clientId }, body: { channel: 'email' } }, dana)
  await product.drain()
  expect(mails()).toHaveLength(1)
  const [waiting] = await messagesOf(clientId)
  expect(waiting).toMatchObject({
    state: 'queued',
    reason: 'Waits: one message a day is the most one person gets',
    notBefore: expect.any(String),
  })

  dana = await makeFirm(product)
  await change({ messagesPerHour: 2 })
  await product.network.sendgrid.reset()
  const hour = Math.floor(product.deps.now().getTime() / hourMs) * hourMs
  const ids = [await invite('email', { timeZone: zoneAt(12) }), await invite('email'), await invite('email')]
  await product.drain()
  expect(mails()).toHaveLength(2)
  const states = (await Promise.all(ids.map(messagesOf))).map(([message]) => [message?.state, message?.notBefore])
  expect(states.filter(([state]) => state === 'queued')).toEqual([['queued', new Date(hour + hourMs).toISOString()]])
})
