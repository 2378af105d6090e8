import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { credentials } from '@ledgersync/emulators/credentials'
import { invites } from '@ledgersync/shared/invites'
import { createMailer } from '../../src/providers/sendgrid/client.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'

const { authToken } = credentials.twilio
const { eventPrivateKey } = credentials.sendgrid

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp({ QUIET_HOURS: 'off' })
  dana = await makeFirm(product)
})
afterAll(() => product.close())

const kept = async (provider: string): Promise<number> =>
  (await product.admin.query<{ n: number }>('select count(*)::int as n from webhook_inbox where provider = $1', [provider])).rows[0]?.n ?? 0

/** A message that was handed over, of which nothing has been told yet. */
async function sentMessage(channel: 'sms' | 'email'): Promise<{ id: string; phone: string }> {
  const clientId = await makeClient(product, dana)
  await product.call(invites.create, { params: { clientId }, body: { channel } }, dana)
  const { rows } = await product.admin.query<{ id: string; phone: string }>(
    `update messages set state = 'sent' where client_id = $1 returning id, to_address as phone`,
    [clientId],
  )
  await product.admin.query("delete from graphile_worker._private_jobs where key like 'deliver_message:%'")
  const [row] = rows
  if (row === undefined) throw new Error('An invite has a message')
  return row
}
const stateOf = async (id: string): Promise<string | undefined> =>
  (await product.admin.query<{ state: string }>('select state from messages where id = $1', [id])).rows[0]?.state
const stepsOf = async (id: string): Promise<string[]> =>
  (await product.admin.query<{ state: string }>('select state from message_events where message_id = $1 order by at, id', [id])).rows.map(
    ({ state }) => state,
  )

describe('of the text service', () => {
  const sid = 'SM01010101010101010101010101010101'
  const signText = (url: string, params: Record<string, string>, token = authToken, hash = 'sha1'): string => {
    const text = Object.keys(params)
      .sort()
      .reduce((joined, name) => joined + name + (params[name] ?? ''), url)
    return createHmac(hash, token).update(text).digest('base64')
  }
  const send = async (path: string, params: Record<string, string>, signature: string | undefined): Promise<number> => {
    const request = product.request().post(path).type('form')
    return (
      await (signature === undefined ? request : request.set('x-twilio-signature', signature)).send(new URLSearchParams(params).toString())
    ).status
  }
  const address = (id: string): string => `/v1/webhooks/twilio/status?message=${dana.firmId}.${id}`
  const url = (path: string): string => `${product.config.publicUrl}${path}`

  test('a genuine one is taken; every other is refused and changes nothing', async () => {
    const [mine, other] = [await sentMessage('sms'), await sentMessage('sms')]
    const params = { MessageSid: sid, MessageStatus: 'delivered', To: mine.phone }
    const path = address(mine.id)
    const before = await kept('twilio')
    const wrong: [string, string, Record<string, string>, string | undefined][] = [
      ['no signature', path, params, undefined],
      ['an empty one', path, params, ''],
      ['another token', path, params, signText(url(path), params, '9'.repeat(32))],
      ['another hash', path, params, signText(url(path), params, authToken, 'sha256')],
      ['another host', path, params, signText(`https://evil.example${path}`, params)],
      ['another message in the address', address(other.id), params, signText(url(path), params)],
      ['no message in the address', '/v1/webhooks/twilio/status', params, signText(url(path), params)],
      ['another of our addresses', '/v1/webhooks/twilio/inbound', params, signText(url(path), params)],
      ['a parameter more', path, { ...params, ErrorCode: '30003' }, signText(url(path), params)],
      ['a parameter less', path, { MessageSid: sid, MessageStatus: 'delivered' }, signText(url(path), params)],
      ['a parameter changed', path, { ...params, MessageStatus: 'failed' }, signText(url(path), params)],
      ['a query more', `${path}&x=1`, params, signText(url(path), params)],
      ['the scheme changed', path, params, signText(url(path).replace('http:', 'https:'), params)],
    ]
    for (const [what, at, sent, signature] of wrong) expect([what, await send(at, sent, signature)]).toEqual([what, 403])
    expect([await kept('twilio'), await stateOf(mine.id), await stateOf(other.id)]).toEqual([before, 'sent', 'sent'])
    expect(await send(path, params, signText(url(path), params))).toBe(204)
    await product.drain()
    expect(await stateOf(mine.id)).toBe('delivered')
  })
  test('a repeat changes nothing, at once and late', async () => {
    const { id } = await sentMessage('sms')
    const params = { MessageSid: `${sid.slice(0, -1)}7`, MessageStatus: 'delivered' }
    const signature = signText(url(address(id)), params)
    const before = await kept('twilio')
    for (let times = 0; times < 5; times++) expect(await send(address(id), params, signature)).toBe(204)
    expect(await kept('twilio')).toBe(before + 1)
    await product.drain()
    const steps = await stepsOf(id)
    for (let times = 0; times < 3; times++) expect(await send(address(id), params, signature)).toBe(204)
    await product.drain()
    expect([await kept('twilio'), await stepsOf(id)]).toEqual([before + 1, steps])
  })
  test('a STOP in somebody else’s name needs the signature', async () => {
    const { phone } = await sentMessage('sms')
    const params = { MessageSid: 'SM0202', From: phone, Body: 'STOP' }
    const before = await kept('twilio')
    expect(
      await send('/v1/webhooks/twilio/inbound', params, signText(url('/v1/webhooks/twilio/inbound'), { ...params, Body: 'hello' })),
    ).toBe(403)
    expect(await kept('twilio')).toBe(before)
  })
})

describe('of the mail service', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  const key = { key: Buffer.from(eventPrivateKey, 'base64'), format: 'der', type: 'pkcs8' } as const
  const signEvent = (timestamp: string, body: string): string => sign('sha256', Buffer.from(timestamp + body), key).toString('base64')
  const send = async (body: string, headers: Record<string, string>): Promise<number> =>
    (await product.request().post('/v1/webhooks/sendgrid').set('content-type', 'application/json').set(headers).send(body)).status
  const headersOf = (timestamp: string, signature: string): Record<string, string> => ({
    'x-twilio-email-event-webhook-signature': signature,
    'x-twilio-email-event-webhook-timestamp': timestamp,
  })
  const eventOf = (id: string, eventId: string): string =>
    `[${JSON.stringify({ event: 'delivered', sg_event_id: eventId, firm_id: dana.firmId, message_id: id })}]\r\n`

  test('a genuine one is taken; every other is refused and changes nothing', async () => {
    const { id } = await sentMessage('email')
    const body = eventOf(id, 'event-1')
    const at = String(now())
    const good = signEvent(at, body)
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const before = await kept('sendgrid')
    const wrong: [string, string, Record<string, string>][] = [
      ['no headers', body, {}],
      ['no signature', body, { 'x-twilio-email-event-webhook-timestamp': at }],
      ['no time', body, { 'x-twilio-email-event-webhook-signature': good }],
      ['an empty signature', body, headersOf(at, '')],
      ['a signature of nothing', body, headersOf(at, Buffer.alloc(70, 1).toString('base64'))],
      ['half a signature', body, headersOf(at, good.slice(0, 40))],
      ['another key', body, headersOf(at, sign('sha256', Buffer.from(at + body), stranger).toString('base64'))],
      ['another algorithm', body, headersOf(at, sign('sha256', Buffer.from(at + body), rsa).toString('base64'))],
      ['another hash', body, headersOf(at, sign('sha512', Buffer.from(at + body), key).toString('base64'))],
      ['the time changed', body, headersOf(String(now() + 1), good)],
      ['the time and the body cut elsewhere', `1${body}`, headersOf(at.slice(0, -1), good)],
      ['a time in words', body, headersOf('yesterday', signEvent('yesterday', body))],
      ['a day and two hours of age', body, headersOf(String(now() - 26 * 3600), signEvent(String(now() - 26 * 3600), body))],
      ['a time that has not come', body, headersOf(String(now() + 900), signEvent(String(now() + 900), body))],
    ]
    for (const [what, sent, headers] of wrong) expect([what, await send(sent, headers)]).toEqual([what, 403])
    for (let place = 0; place < body.length; place += 9) {
      const changed = `${body.slice(0, place)}${body[place] === 'x' ? 'y' : 'x'}${body.slice(place + 1)}`
      expect([place, await send(changed, headersOf(at, good))]).toEqual([place, 403])
    }
    expect([await kept('sendgrid'), await stateOf(id)]).toEqual([before, 'sent'])
    const late = String(now() - 24 * 3600)
    expect(await send(body, headersOf(late, signEvent(late, body)))).toBe(204)
    await product.drain()
    expect(await stateOf(id)).toBe('delivered')
  })
  test('a repeat, also one signed anew, is handled once', async () => {
    const { id } = await sentMessage('email')
    const body = eventOf(id, 'event-2')
    const before = await kept('sendgrid')
    for (const seconds of [0, 0, 60, 3600]) {
      const at = String(now() - seconds)
      expect(await send(body, headersOf(at, signEvent(at, body)))).toBe(204)
    }
    await product.drain()
    expect([await kept('sendgrid'), (await stepsOf(id)).filter((state) => state === 'delivered')]).toEqual([before + 1, ['delivered']])
  })
  test('a delivery that could not be kept whole is not kept at all, and its repeat is', async () => {
    const messages = [await sentMessage('email'), await sentMessage('email'), await sentMessage('email')]
    const events = messages.flatMap(({ id }, index) => JSON.parse(eventOf(id, `event-3-${index}`)) as unknown[])
    const body = JSON.stringify(events.toReversed())
    const post = (): Promise<number> => {
      const at = String(now())
      return send(body, headersOf(at, signEvent(at, body)))
    }
    const before = await kept('sendgrid')
    await product.admin.query("alter table webhook_inbox add constraint fails check (dedupe_key <> 'event-3-1')")
    try {
      expect(await post()).toBe(500)
      expect(await kept('sendgrid')).toBe(before)
    } finally {
      await product.admin.query('alter table webhook_inbox drop constraint fails')
    }
    expect([await post(), await kept('sendgrid')]).toEqual([204, before + 3])
    await product.drain()
    expect(await Promise.all(messages.map(({ id }) => stateOf(id)))).toEqual(['delivered', 'delivered', 'delivered'])
  })
  test('an event with what no database keeps hinders no other of its delivery', async () => {
    const { id } = await sentMessage('email')
    const event = { event: 'delivered', firm_id: dana.firmId, message_id: id }
    const body = JSON.stringify([
      { ...event, sg_event_id: 'event\u0000' },
      { ...event, sg_event_id: 'event-\ud800' },
      { ...event, sg_event_id: 'event-4', event: 'unsubscribe', email: 'nora\u0000@saltgrass.example' },
      { ...event, sg_event_id: 'event-5', email: '\udfff' },
    ])
    const at = String(now())
    expect(await send(body, headersOf(at, signEvent(at, body)))).toBe(204)
    expect(await product.drain()).toEqual([])
    expect(await stateOf(id)).toBe('delivered')
  })
  test('a key that is none stops the program at its start, not at the first event', () => {
    const config = { ...product.config.sendgrid, webhookPublicKey: 'AAAA' }
    expect(() => createMailer(config, product.deps.pace)).toThrow()
  })
})

describe('of the books', () => {
  const { webhookVerifierToken } = credentials.intuit
  const hmac = (body: string, token = webhookVerifierToken, hash = 'sha256'): string =>
    createHmac(hash, token).update(body).digest('base64')
  const send = async (body: string, signature?: string): Promise<number> => {
    const request = product.request().post('/v1/webhooks/intuit').set('content-type', 'application/json')
    return (await (signature === undefined ? request : request.set('intuit-signature', signature)).send(body)).status
  }
  const body = JSON.stringify([{ type: 'qbo.account.updated.v1', intuitaccountid: '9341300000001', time: '2026-11-01T00:00:00Z' }])
  test('a genuine one is taken once; every other is refused', async () => {
    const wrong: [string, string, string | undefined][] = [
      ['no signature', body, undefined],
      ['an empty one', body, ''],
      ['another token', body, hmac(body, 'another')],
      ['no token', body, hmac(body, '')],
      ['another hash', body, hmac(body, webhookVerifierToken, 'sha512')],
      ['hexadecimal', body, createHmac('sha256', webhookVerifierToken).update(body).digest('hex')],
      ['a byte less', body, Buffer.from(hmac(body), 'base64').subarray(0, 31).toString('base64')],
      ['a byte more', body, Buffer.concat([Buffer.from(hmac(body), 'base64'), Buffer.from([0])]).toString('base64')],
      ['another body', `${body} `, hmac(body)],
    ]
    for (const [what, sent, signature] of wrong) expect([what, await send(sent, signature)]).toEqual([what, 403])
    expect(await kept('intuit')).toBe(0)
    for (let times = 0; times < 3; times++) expect(await send(body, hmac(body))).toBe(200)
    expect(await kept('intuit')).toBe(1)
    expect(await product.drain()).toEqual([])
    expect(await send(body, hmac(body))).toBe(200)
    expect(await kept('intuit')).toBe(1)
  })
})
