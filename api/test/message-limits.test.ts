import { credentials } from '@ledgersync/emulators/credentials'
import { clients } from '@ledgersync/shared/clients'
import type { Problem } from '@ledgersync/shared/errors'
import { firms } from '@ledgersync/shared/firms'
import { invites } from '@ledgersync/shared/invites'
import { makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { hourMs, messageKit, minuteMs } from './message-kit.ts'

let app: TestApp
let dana: Person

beforeAll(async () => {
  app = await startTestApp()
}, 60_000)
afterAll(() => app.close())
beforeEach(async () => {
  await app.drain()
  await app.network.twilio.reset()
  await app.network.sendgrid.reset()
  dana = await makeFirm(app)
})
afterEach(() => {
  app.network.twilio.intercept(null)
  app.network.sendgrid.intercept(null)
  app.network.setAppUrl(app.config.publicUrl)
})

const { zoneAt, later, invite, messageOf, texts, mails } = messageKit(
  () => app,
  () => dana,
)

describe('limits', () => {
  test('at night it waits for 8:00 of the client, says so, and then goes', async () => {
    const clientId = await invite('sms', { timeZone: zoneAt(2) })
    await app.drain()
    const waiting = await messageOf(clientId)
    expect([texts().length, waiting.state]).toEqual([0, 'queued'])
    const opening = new Date(waiting.notBefore ?? 0)
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: zoneAt(2), hour: '2-digit', minute: '2-digit' }).format(opening)
    expect(local).toBe('08:00')
    await later(opening.getTime() - app.deps.now().getTime() - minuteMs)
    expect(texts()).toHaveLength(0)
    await later(2 * minuteMs)
    expect([texts().length, (await messageOf(clientId)).state]).toEqual([1, 'delivered'])
  })

  test('e-mail is not held at night', async () => {
    await invite('email', { timeZone: zoneAt(2) })
    await app.drain()
    expect(mails()).toHaveLength(1)
  })

  test('a firm that has sent 10,000 in an hour waits for the next and loses nothing', async () => {
    const hour = new Date(Math.floor(app.deps.now().getTime() / hourMs) * hourMs)
    await app.admin.query('insert into attempts values ($1, $2, 10000)', [`messages:${dana.firmId}`, hour])
    const clientId = await invite('email')
    await app.drain()
    expect(mails()).toHaveLength(0)
    expect(await messageOf(clientId)).toMatchObject({ state: 'queued', notBefore: new Date(hour.getTime() + hourMs).toISOString() })
    await later(hourMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([1, 'delivered'])
  })

  test('a message that has to wait its turn again and again counts once among those of its firm', async () => {
    await later(hourMs - (app.deps.now().getTime() % hourMs))
    await app.admin.query('insert into attempts values ($1, $2, 9997)', [
      `messages:${dana.firmId}`,
      new Date(Math.floor(app.deps.now().getTime() / hourMs) * hourMs),
    ])
    app.network.twilio.intercept(() => ['throttled'])
    const clientId = await invite('sms')
    for (let tries = 0; tries < 5; tries++) await later(4 * minuteMs)
    app.network.twilio.intercept(null)
    await later(4 * minuteMs)
    expect([texts().length, (await messageOf(clientId)).state]).toEqual([1, 'delivered'])
  })

  test('the fourth message of a day to one person waits and is sent when the day is over', async () => {
    const email = 'owner@saltgrass.example'
    const ids = []
    for (let n = 0; n < 4; n++) {
      ids.push(await invite('email', { email }))
      await app.drain()
    }
    expect(mails()).toHaveLength(3)
    const all = await Promise.all(ids.map(messageOf))
    expect(all.map((message) => message.state).sort()).toEqual(['delivered', 'delivered', 'delivered', 'queued'])
    expect(all.find((message) => message.state === 'queued')).toMatchObject({
      notBefore: expect.any(String),
      reason: expect.stringContaining('three'),
    })
    await later(24 * hourMs + minuteMs)
    expect(mails()).toHaveLength(4)
  })

  // What waits for one person is one message, but for its language: so there are two that could go past the limit
  const inTwoLanguages = async (email: string): Promise<void> => {
    await app.call(firms.update, { body: { messagesPerPersonDay: 1 } }, dana)
    for (const language of ['en', 'es'] as const) await invite('email', { email, language })
    await app.drain()
    expect(mails()).toHaveLength(0)
  }

  test('messages whose first try was refused for the moment count among those of a day', async () => {
    app.network.sendgrid.intercept(({ method }) => (method === 'POST' ? ['unauthorized'] : null))
    await inTwoLanguages('refused@saltgrass.example')
    app.network.sendgrid.intercept(null)
    await later(hourMs)
    expect(mails()).toHaveLength(1)
    await later(24 * hourMs + minuteMs)
    expect(mails()).toHaveLength(2)
  })

  test('messages that waited for the next hour of their firm count among those of a day', async () => {
    const hour = new Date(Math.floor(app.deps.now().getTime() / hourMs) * hourMs)
    await app.admin.query('insert into attempts values ($1, $2, 10000)', [`messages:${dana.firmId}`, hour])
    await inTwoLanguages('held@saltgrass.example')
    await later(hourMs)
    expect(mails()).toHaveLength(1)
  })

  test('one that was refused for the moment is joined into the next to the same person', async () => {
    const email = 'joined@saltgrass.example'
    app.network.sendgrid.intercept(({ method }) => (method === 'POST' ? ['unauthorized'] : null))
    for (let n = 0; n < 3; n++) {
      await invite('email', { email })
      await app.drain()
    }
    app.network.sendgrid.intercept(null)
    await later(hourMs)
    expect(mails()).toHaveLength(1)
  })
})

describe('opting out', () => {
  const phone = '+15035550177'
  const sender = credentials.twilio.from

  test.each(['STOP', 'stop.', ' Unsubscribe ', 'ALTO', 'Baja', 'cancelar'])(
    '%s is honoured at once and shown, and START ends it',
    async (word) => {
      const clientId = await invite('sms', { phone })
      await app.drain()
      await app.network.twilio.reply(phone, sender, word)
      await app.drain()
      expect((await app.call(clients.get, { params: { clientId } }, dana)).body.textOptedOut).toBe(true)
      expect((await app.call(clients.list, {}, dana)).body.items[0]?.textOptedOut).toBe(true)
      const again = await app.call(invites.create, { params: { clientId }, body: { channel: 'sms' } }, dana)
      // A refused call answers a Problem
      expect([again.status, (again.body as unknown as Problem).code]).toEqual([409, 'opted_out'])
      await app.network.twilio.reply(phone, sender, 'START')
      await app.drain()
      expect((await app.call(clients.get, { params: { clientId } }, dana)).body.textOptedOut).toBe(false)
    },
  )

  test('what waits when STOP comes is never sent', async () => {
    const clientId = await invite('sms', { phone, timeZone: zoneAt(3) })
    await app.network.twilio.reply(phone, sender, 'STOP')
    await app.drain()
    await later(6 * hourMs)
    expect(texts()).toHaveLength(0)
    expect(await messageOf(clientId)).toMatchObject({ state: 'failed', reason: expect.stringContaining('STOP') })
    await app.network.twilio.reply(phone, sender, 'START')
    await app.drain()
  })

  test.each([
    [['START', 'ALTO'], true],
    [['STOP', 'START'], false],
  ])('of %j the last word holds, whichever is handled last', async (words, optedOut) => {
    const clientId = await invite('sms', { phone })
    await app.drain()
    for (const [index, word] of words.entries()) {
      await app.network.twilio.reply(phone, sender, word)
      if (index === 0)
        await app.admin.query(
          `update graphile_worker._private_jobs set run_at = now() + interval '1 hour' where key like 'handle_webhook:%'`,
        )
      await app.drain()
    }
    await later(hourMs)
    expect((await app.call(clients.get, { params: { clientId } }, dana)).body.textOptedOut).toBe(optedOut)
    await app.network.twilio.reply(phone, sender, 'START')
    await app.drain()
  })

  test('other replies, SI before any STOP included, change nothing', async () => {
    const clientId = await invite('sms', { phone })
    for (const word of ['Please stop calling', 'SI', 'ok']) await app.network.twilio.reply(phone, sender, word)
    await app.drain()
    expect((await app.call(clients.get, { params: { clientId } }, dana)).body.textOptedOut).toBe(false)
  })

  test('who unsubscribes from e-mail gets none of the firm any more', async () => {
    const email = 'quiet@saltgrass.example'
    await invite('email', { email })
    await app.drain()
    app.network.sendgrid.unsubscribe(mails()[0]?.id ?? '')
    await app.drain()
    const clientId = await invite('email', { email })
    await app.drain()
    expect(await messageOf(clientId)).toMatchObject({ state: 'failed', reason: expect.stringContaining('Opted out') })
    expect(mails()).toHaveLength(1)
  })
})
