import { credentials } from '@ledgersync/emulators/credentials'
import { signWebhook } from '@ledgersync/emulators/twilio'
import { clients } from '@ledgersync/shared/clients'
import { invites } from '@ledgersync/shared/invites'
import { sql } from 'drizzle-orm'
import { enqueueWebhook, keepWebhook } from '../src/core/webhooks.ts'
import { type Tx, withFirm } from '../src/db/client.ts'
import { writeAgain } from '../src/invites/outgoing.ts'
import { deliverMessage } from '../src/messages/deliver.ts'
import { noteListening } from '../src/messages/listening.ts'
import { moveMessage } from '../src/messages/state.ts'
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

const { zoneAt, later, invite, messagesOf, messageOf, inviteOf, states, texts, mails, cut, loseCallbacks } = messageKit(
  () => app,
  () => dana,
)

test('an invite whose text and mail fail in the same moment has failed', async () => {
  const clientId = await invite('both')
  const [one = '', other = ''] = (await messagesOf(clientId)).map(({ id }) => id)
  const fail = (tx: Tx, id: string) => moveMessage(tx, dana.ctx, id, { to: 'failed', from: ['queued'], reason: 'Refused.' })
  let [begun, commit] = [(): void => {}, (): void => {}]
  const hasBegun = new Promise<void>((resolve) => (begun = resolve))
  const mayCommit = new Promise<void>((resolve) => (commit = resolve))
  const first = withFirm(dana.ctx, async (tx) => {
    await fail(tx, one)
    begun()
    await mayCommit
  })
  await hasBegun
  const second = withFirm(dana.ctx, (tx) => fail(tx, other))
  await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 200))])
  commit()
  await Promise.all([first, second])
  expect(await inviteOf(clientId)).toMatchObject({ state: 'failed' })
})

test('a message that fails while a newer invite takes the place of its own waits for nobody who waits for it', async () => {
  const clientId = await invite('both')
  const [{ id: messageId } = { id: '' }] = await messagesOf(clientId)
  let [begun, goOn] = [(): void => {}, (): void => {}]
  const hasBegun = new Promise<void>((resolve) => (begun = resolve))
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve))
  // As a delivery does: the message first, then what becomes of its invite
  const failing = withFirm(dana.ctx, async (tx) => {
    await tx.execute(sql`select 1 from messages where id = ${messageId} for update`)
    begun()
    await mayGoOn
    await moveMessage(tx, dana.ctx, messageId, { to: 'failed', from: ['queued'], reason: 'Refused.' })
  })
  await hasBegun
  const newer = app.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  await Promise.race([newer, new Promise((resolve) => setTimeout(resolve, 300))])
  goOn()
  await failing
  expect((await newer).status).toBe(201)
  expect((await messagesOf(clientId)).map(({ state }) => state).sort()).toEqual(['canceled', 'failed'])
})

describe('a text', () => {
  test('goes once, arrives, and its history says when', async () => {
    const clientId = await invite('sms')
    expect(await app.drain()).toEqual([])
    const message = await messageOf(clientId)
    expect(states(message)).toEqual(['queued', 'sending', 'sent', 'delivered'])
    expect(texts()).toHaveLength(1)
    expect(texts()[0]?.body).toContain(`${app.config.publicUrl}/i/`)
    expect(message.body).toContain('[link]')
    expect(await inviteOf(clientId)).toMatchObject({ state: 'delivered' })
  })

  test('is sent once when its job runs five times at once, and again later', async () => {
    const clientId = await invite('sms')
    const { id: messageId } = await messageOf(clientId)
    const job = { firmId: dana.firmId, messageId }
    await Promise.all(Array.from({ length: 5 }, () => deliverMessage(app.deps, job, writeAgain)))
    await app.drain()
    await deliverMessage(app.deps, job, writeAgain)
    await later(2 * hourMs)
    expect(texts()).toHaveLength(1)
    expect(states(await messageOf(clientId))).toEqual(['queued', 'sending', 'sent', 'delivered'])
  })

  test('whose answer was lost is known by its callback and not sent again', async () => {
    cut('twilio', 'cut_after')
    const clientId = await invite('sms')
    await app.drain()
    await later(10 * minuteMs)
    expect(texts()).toHaveLength(1)
    expect(await messageOf(clientId)).toMatchObject({ state: 'delivered' })
  })

  test('whose answer and callbacks were lost is looked up by its link and not sent again', async () => {
    const restore = loseCallbacks()
    try {
      cut('twilio', 'cut_after')
      const clientId = await invite('sms')
      await app.drain()
      expect((await messageOf(clientId)).state).toBe('unknown')
      await later(30_000)
      expect((await messageOf(clientId)).state).toBe('unknown')
      await later(31_000)
      expect(texts()).toHaveLength(1)
      expect(states(await messageOf(clientId))).toEqual(['queued', 'sending', 'unknown', 'sent'])
    } finally {
      restore()
    }
  })

  test('that never reached the provider is looked up, then sent once more with the same link', async () => {
    cut('twilio', 'cut_before')
    const clientId = await invite('sms')
    await app.drain()
    expect([texts().length, (await messageOf(clientId)).state]).toEqual([0, 'unknown'])
    await later(61_000)
    expect(texts()).toHaveLength(1)
    expect(states(await messageOf(clientId))).toEqual(['queued', 'sending', 'unknown', 'sending', 'sent', 'delivered'])
    const page = await app.request().get(new URL(texts()[0]?.body.match(/http\S+/)?.[0] ?? '').pathname)
    expect(page.status).toBe(200)
  })

  test('whose sender died in the middle is found, looked up and finished', async () => {
    const { send } = app.deps.sms
    // The process dies after the call: what came of it is never recorded
    app.deps.sms.send = async (to, body) => {
      await send(to, body, 'lost')
      throw new Error('killed')
    }
    const clientId = await invite('sms')
    expect(await app.drain()).toEqual(['deliver_message: killed'])
    app.deps.sms.send = send
    expect((await messageOf(clientId)).state).toBe('sending')
    await later(2 * minuteMs)
    expect(texts()).toHaveLength(1)
    expect((await messageOf(clientId)).state).toBe('sent')
  })

  test('whose sender was kept waiting for so long that another took it over goes once', async () => {
    const clientId = await invite('sms')
    const { id: messageId } = await messageOf(clientId)
    await app.admin.query('delete from graphile_worker._private_jobs where key = $1', [`deliver_message:${messageId}`])
    const job = { firmId: dana.firmId, messageId }
    // The database keeps both waiting between what they claimed and the call
    const holder = await app.admin.connect()
    await holder.query('begin')
    const hour = new Date(Math.floor(app.deps.now().getTime() / hourMs) * hourMs)
    await holder.query('insert into attempts values ($1, $2, 1)', [`messages:${dana.firmId}`, hour])
    const first = deliverMessage(app.deps, job, writeAgain)
    const attempts = async (n: number): Promise<void> => {
      for (;;) {
        const { rows } = await app.admin.query<{ attempts: number }>('select attempts from messages where id = $1', [messageId])
        if (rows[0]?.attempts === n) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await attempts(1)
    await app.advance(80_000)
    const second = deliverMessage(app.deps, job, writeAgain)
    await attempts(2)
    await holder.query('commit')
    holder.release()
    await Promise.all([first, second])
    await later(2 * hourMs)
    expect(texts()).toHaveLength(1)
    expect((await messageOf(clientId)).state).toBe('delivered')
  })

  test.each([
    ['+15005550001', /^Wrong number/],
    ['+15005550009', /^Not a mobile/],
    ['+15005553003', /could not be reached/],
    ['+15005553007', /^Filtered/],
  ])('to %s fails with the reason in plain words, on the invite too', async (phone, words) => {
    const clientId = await invite('sms', { phone })
    await app.drain()
    expect(await messageOf(clientId)).toMatchObject({ state: 'failed', reason: expect.stringMatching(words) })
    expect(await inviteOf(clientId)).toMatchObject({ state: 'failed', reason: expect.stringMatching(words) })
    const list = await app.call(clients.list, {}, dana)
    expect(list.body.items[0]?.invite).toMatchObject({ state: 'failed', reason: expect.stringMatching(words) })
  })

  test('one of two messages failing does not fail the invite', async () => {
    const clientId = await invite('both', { phone: '+15005550001' })
    await app.drain()
    expect((await messagesOf(clientId)).map((message) => message.state).sort()).toEqual(['delivered', 'failed'])
    expect((await inviteOf(clientId))?.state).toBe('delivered')
  })

  test('refused for now is tried again and not lost', async () => {
    app.network.twilio.intercept(() => ['throttled'])
    const clientId = await invite('sms')
    await app.drain()
    expect(await messageOf(clientId)).toMatchObject({
      state: 'queued',
      notBefore: expect.any(String),
      reason: expect.stringContaining('busy'),
    })
    app.network.twilio.intercept(null)
    await later(2 * minuteMs)
    expect([texts().length, (await messageOf(clientId)).state]).toEqual([1, 'delivered'])
  })
})

describe('an e-mail', () => {
  const deliveredOf = async (clientId: string) => ({
    kind: 'status',
    firmId: dana.firmId,
    messageId: (await messageOf(clientId)).id,
    providerId: null,
    state: 'delivered',
    reason: null,
  })

  test('comes from the person, answers go to them, and holds one link in text and page', async () => {
    const clientId = await invite('email', { email: 'nora@saltgrass.example' })
    await app.drain()
    const [mail] = mails()
    expect(mail).toMatchObject({
      to: { email: 'nora@saltgrass.example', name: 'Nora Velasco' },
      from: { name: 'Dana Whitlock (Quillstone Accounting)' },
      replyTo: [{ email: dana.email }],
    })
    const link = mail?.text?.match(/http\S+/)?.[0] ?? 'none'
    expect(mail?.html).toContain(`href="${link}"`)
    expect(mail?.html?.match(/\/i\/[\w-]{43}/g)?.every((path) => link.endsWith(path))).toBe(true)
    expect((await messageOf(clientId)).state).toBe('delivered')
  })

  test.each([
    ['bounce@saltgrass.example', /^Wrong address/],
    ['blocked@saltgrass.example', /^Refused/],
    ['dropped@saltgrass.example', /bounced before/],
  ])('to %s fails with the reason in plain words', async (email, words) => {
    const clientId = await invite('email', { email })
    await app.drain()
    expect(await messageOf(clientId)).toMatchObject({ state: 'failed', reason: expect.stringMatching(words) })
  })

  test('whose answer was lost is known by its events and not sent again', async () => {
    cut('sendgrid', 'cut_after')
    const clientId = await invite('email')
    await app.drain()
    await later(hourMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([1, 'delivered'])
  })

  test('that was lost on the way is sent once more after 15 minutes when other events arrive', async () => {
    cut('sendgrid', 'cut_before')
    const clientId = await invite('email')
    await app.drain()
    expect((await messageOf(clientId)).state).toBe('unknown')
    await invite('email')
    await app.drain()
    await later(14 * minuteMs)
    expect(mails()).toHaveLength(1)
    await later(2 * minuteMs)
    expect(mails()).toHaveLength(2)
    expect((await messageOf(clientId)).state).toBe('delivered')
  })

  test('that turns out to have gone while it waits to go once more is not sent again', async () => {
    app.network.sendgrid.setUrls({})
    cut('sendgrid', 'cut_after')
    const clientId = await invite('email')
    await app.drain()
    expect((await messageOf(clientId)).state).toBe('unknown')
    app.network.setAppUrl(app.config.publicUrl)
    await invite('email')
    await app.drain()
    app.network.sendgrid.intercept(({ method }) => (method === 'POST' ? ['throttled'] : null))
    await later(16 * minuteMs)
    expect((await messageOf(clientId)).state).toBe('queued')
    await keepWebhook(app.deps, { provider: 'sendgrid', dedupeKey: 'late event', payload: await deliveredOf(clientId) })
    await app.drain()
    app.network.sendgrid.intercept(null)
    await later(hourMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([2, 'delivered'])
  })

  test('of which an event is stored that nobody has read yet is not sent again', async () => {
    app.network.sendgrid.setUrls({})
    cut('sendgrid', 'cut_after')
    const clientId = await invite('email')
    await app.drain()
    app.network.setAppUrl(app.config.publicUrl)
    await invite('email')
    await app.drain()
    await keepWebhook(app.deps, { provider: 'sendgrid', dedupeKey: 'unread event', payload: await deliveredOf(clientId) })
    const { rows } = await app.admin.query<{ key: string }>(
      "delete from graphile_worker._private_jobs where key like 'handle_webhook:%' returning key",
    )
    await later(16 * minuteMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([2, 'unknown'])
    await enqueueWebhook(app.deps.db, rows[0]?.key.split(':')[1] ?? 'none')
    await later(2 * minuteMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([2, 'delivered'])
  })

  test('waits with others of its time whose events are missing, too, and goes once more when those have come', async () => {
    app.network.sendgrid.setUrls({})
    cut('sendgrid', 'cut_before')
    const clientId = await invite('email')
    await app.drain()
    const others = [await invite('email'), await invite('email')]
    await app.drain()
    app.network.setAppUrl(app.config.publicUrl)
    await later(minuteMs)
    await invite('email')
    await app.drain()
    await later(16 * minuteMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([3, 'unknown'])
    for (const other of others)
      await keepWebhook(app.deps, { provider: 'sendgrid', dedupeKey: `late event of ${other}`, payload: await deliveredOf(other) })
    await app.drain()
    await later(16 * minuteMs)
    expect([mails().length, (await messageOf(clientId)).state]).toEqual([4, 'delivered'])
  })

  test('whose event nobody was there to take waits as long again as nobody was, and goes once more after that', async () => {
    const isThere = async (): Promise<void> => (await noteListening(app.deps))()
    try {
      await isThere()
      cut('sendgrid', 'cut_before')
      const clientId = await invite('email')
      await app.drain()
      await invite('email')
      await app.drain()
      await later(40 * minuteMs)
      expect([mails().length, (await messageOf(clientId)).state]).toEqual([1, 'unknown'])
      const isThereFor = async (minutes: number): Promise<void> => {
        for (let minute = 0; minute < minutes; minute++) {
          await isThere()
          await later(minuteMs)
        }
      }
      await isThereFor(39)
      expect([mails().length, (await messageOf(clientId)).state]).toEqual([1, 'unknown'])
      await isThereFor(3)
      expect([mails().length, (await messageOf(clientId)).state]).toEqual([2, 'delivered'])
    } finally {
      await app.admin.query('delete from webhook_listening')
    }
  })

  test('is left to people after a day with most events of its time missing', async () => {
    app.network.sendgrid.setUrls({})
    cut('sendgrid', 'cut_before')
    const clientId = await invite('email')
    await app.drain()
    for (let count = 0; count < 2; count++) await invite('email')
    await app.drain()
    app.network.setAppUrl(app.config.publicUrl)
    await invite('email')
    await app.drain()
    for (let hour = 0; hour < 26; hour++) await later(hourMs)
    expect(mails()).toHaveLength(3)
    expect(await messageOf(clientId)).toMatchObject({ state: 'unknown', reason: expect.stringContaining('could not find out') })
  })

  test('stays unknown while the mail service is silent, and is never sent a third time', async () => {
    app.network.sendgrid.setUrls({})
    cut('sendgrid', 'cut_before')
    const clientId = await invite('email')
    await app.drain()
    await later(20 * minuteMs)
    expect(mails()).toHaveLength(0)
    expect(await messageOf(clientId)).toMatchObject({ state: 'unknown', reason: expect.stringContaining('could not find out') })
    const { rows } = await app.admin.query('select secrets_sealed from messages where client_id = $1', [clientId])
    expect(rows).toEqual([{ secrets_sealed: null }])
  })
})

describe('callbacks', () => {
  const post = (path: string, params: Record<string, string>, signature: string) =>
    app.request().post(path).type('form').set('X-Twilio-Signature', signature).send(params)
  const status = async (messageId: string, name: string, sid = 'SM1') => {
    const path = `/v1/webhooks/twilio/status?message=${dana.firmId}.${messageId}`
    const params = { MessageSid: sid, MessageStatus: name, ...(name === 'undelivered' && { ErrorCode: '30003' }) }
    const answer = await post(path, params, signWebhook(credentials.twilio.authToken, app.config.publicUrl + path, params))
    await app.drain()
    return answer.status
  }

  test('in any order, twice and late never move a message backwards', async () => {
    const restore = loseCallbacks()
    try {
      const clientId = await invite('sms')
      await app.drain()
      const { id } = await messageOf(clientId)
      for (const name of ['delivered', 'sent', 'queued', 'undelivered', 'delivered', 'failed']) expect(await status(id, name)).toBe(204)
      expect(states(await messageOf(clientId))).toEqual(['queued', 'sending', 'sent', 'delivered'])
      expect((await inviteOf(clientId))?.state).toBe('delivered')
    } finally {
      restore()
    }
  })

  test('of an arrival that is the first we hear of a text give its invite five days from then', async () => {
    const restore = loseCallbacks()
    try {
      cut('twilio', 'cut_after')
      const clientId = await invite('sms', { timeZone: zoneAt(2) })
      await app.drain()
      const { id, notBefore } = await messageOf(clientId)
      const opensAt = Date.parse(notBefore ?? '')
      await later(opensAt - app.deps.now().getTime() + 1_000)
      expect((await messageOf(clientId)).state).toBe('unknown')
      await status(id, 'delivered', 'SM-first')
      const found = await inviteOf(clientId)
      expect(found?.state).toBe('delivered')
      expect(Date.parse(found?.expiresAt ?? '')).toBeGreaterThanOrEqual(opensAt + 5 * 24 * hourMs)
    } finally {
      restore()
    }
  })

  test('without their signature are refused and change nothing', async () => {
    const clientId = await invite('sms')
    const { id } = await messageOf(clientId)
    const path = `/v1/webhooks/twilio/status?message=${dana.firmId}.${id}`
    expect((await post(path, { MessageSid: 'SM2', MessageStatus: 'delivered' }, 'forged')).status).toBe(403)
    expect((await post('/v1/webhooks/twilio/inbound', { MessageSid: 'SM3', From: '+15035550187', Body: 'STOP' }, 'forged')).status).toBe(
      403,
    )
    expect((await app.request().post('/v1/webhooks/sendgrid').send([])).status).toBe(403)
    const { rows } = await app.admin.query('select count(*)::int as n from webhook_inbox where handled_at is null')
    expect(rows).toEqual([{ n: 0 }])
  })
})

test('no token, phone or address is in the logs, the stored messages, jobs, audit or webhooks', async () => {
  cut('twilio', 'cut_after')
  const clientId = await invite('both', { phone: '+15035550166', email: 'secret.person@saltgrass.example' })
  const jobs = await app.admin.query<{ all: string }>(`select string_agg(j::text, ' ') as all from graphile_worker._private_jobs j`)
  await app.drain()
  await later(10 * minuteMs)
  const tokens = [...texts(), ...mails()].map(
    (sent) => ('body' in sent ? sent.body : (sent.text ?? '')).match(/\/i\/([\w-]{43})/)?.[1] ?? 'none',
  )
  expect(new Set(tokens).size).toBe(2)
  const { rows } = await app.admin.query<{ everything: string }>(`select
    (select string_agg(m::text, ' ') from messages m) || (select string_agg(l::text, ' ') from links l) || (select string_agg(e::text, ' ') from message_events e)
    || (select string_agg(a::text, ' ') from audit_log a) || coalesce((select string_agg(d::text, ' ') from audit_details d), '') || (select string_agg(w::text, ' ') from webhook_inbox w) as everything`)
  const everything = `${jobs.rows[0]?.all} ${rows[0]?.everything}`
  const logs = app.logs.join('\n')
  expect([jobs.rows[0]?.all.length, rows[0]?.everything.length].every((length = 0) => length > 200)).toBe(true)
  for (const token of tokens) {
    expect(everything).not.toContain(token)
    expect(logs).not.toContain(token)
  }
  for (const personal of ['+15035550166', 'secret.person', credentials.twilio.authToken, credentials.sendgrid.apiKey])
    expect(logs).not.toContain(personal)
  expect((await messagesOf(clientId)).every((message) => message.body.includes('[link]'))).toBe(true)
})
