import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials } from '@ledgersync/emulators/credentials'
import { countSegments, createTwilioEmulator, signWebhook, type TwilioEmulator } from '@ledgersync/emulators/twilio'
import twilio from 'twilio'
import { startReceiver } from './receiver.ts'

const { accountSid, authToken, from } = credentials.twilio
const person = '+14155550123'
const serviceSid = `MG${'0'.repeat(32)}`

let emulator: TwilioEmulator
let receiver: Awaited<ReturnType<typeof startReceiver>>
let inboundAnswer = ''

function clientFor(url: string, token: string = authToken, sid: string = accountSid) {
  const client = twilio(sid, token)
  client.api.baseUrl = url
  client.lookups.baseUrl = url
  return client
}

beforeAll(async () => {
  receiver = await startReceiver(() => ({ status: 200, body: inboundAnswer }))
  emulator = await createTwilioEmulator({ accountSid, authToken, callbackDelayMs: 1, inboundUrl: `${receiver.url}/inbound?source=text` })
})
afterAll(async () => {
  await emulator.close()
  await receiver.close()
})
beforeEach(async () => {
  await emulator.reset()
  receiver.received.length = 0
  inboundAnswer = ''
})

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('The call was expected to fail')
    },
    (error: unknown) => error,
  )

describe('creating a message', () => {
  test('answers as documented and delivers exactly what was sent', async () => {
    const body = 'Rosa & Söhne: https://ledgersync.example/i/abc?x=1&y=2 reply STOP to end'
    const message = await clientFor(emulator.url).messages.create({ to: person, from, body })
    expect(message).toMatchObject({
      accountSid,
      to: person,
      from,
      body,
      status: 'queued',
      direction: 'outbound-api',
      numSegments: '1',
      numMedia: '0',
    })
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/)
    expect(message.errorCode).toBeNull()
    expect(Math.abs(message.dateCreated.getTime() - Date.now())).toBeLessThan(5000)
    await emulator.settled()
    expect(emulator.messages()).toMatchObject([{ sid: message.sid, to: person, body, status: 'delivered' }])
    expect(await clientFor(emulator.url).messages(message.sid).fetch()).toMatchObject({ status: 'delivered', body })
  })

  test('a Messaging Service accepts first and chooses the sender later', async () => {
    const client = clientFor(emulator.url)
    const message = await client.messages.create({ to: person, messagingServiceSid: serviceSid, body: 'Hello' })
    expect(message).toMatchObject({ status: 'accepted', from: null, numSegments: '0', messagingServiceSid: serviceSid })
    await emulator.settled()
    expect(await client.messages(message.sid).fetch()).toMatchObject({ status: 'delivered', from, numSegments: '1' })
  })

  test.each([
    ['+15005550001', from, 21211],
    ['+15005550002', from, 21612],
    ['+15005550003', from, 21408],
    ['+15005550004', from, 21610],
    ['+15005550009', from, 21614],
    ['415-555-0123', from, 21211],
    [person, '+15005550001', 21212],
    [person, '+15005550007', 21606],
    [person, '+15005550008', 21611],
    [person, '+14155550100', 21606],
  ])('to %s from %s fails with %i and leaves nothing in the books', async (to, sender, code) => {
    const error = await errorOf(clientFor(emulator.url).messages.create({ to, from: sender, body: 'Hello' }))
    expect(error).toMatchObject({ status: 400, code, moreInfo: `https://www.twilio.com/docs/errors/${code}` })
    expect(emulator.messages()).toEqual([])
  })

  test('refuses a message without text, or with more than 1600 characters', async () => {
    const client = clientFor(emulator.url)
    expect(await errorOf(client.messages.create({ to: person, from }))).toMatchObject({ code: 21619 })
    expect(await errorOf(client.messages.create({ to: person, from, body: 'a'.repeat(1601) }))).toMatchObject({ code: 21617 })
    await expect(client.messages.create({ to: person, from, body: 'a'.repeat(1600) })).resolves.toMatchObject({ numSegments: '11' })
  })

  test('refuses a wrong token with 20003 and another account with 20404', async () => {
    expect(await errorOf(clientFor(emulator.url, 'wrong').messages.create({ to: person, from, body: 'Hello' }))).toMatchObject({
      status: 401,
      code: 20003,
    })
    const other = clientFor(emulator.url).api.v2010.accounts(`AC${'2'.repeat(32)}`)
    expect(await errorOf(other.messages.create({ to: person, from, body: 'Hello' }))).toMatchObject({ status: 404, code: 20404 })
    expect(emulator.messages()).toEqual([])
  })

  test('answers 429 past its rate, and 501 by name for what is not emulated', async () => {
    const limited = await createTwilioEmulator({
      accountSid,
      authToken,
      requestsPerSecondMax: 1,
      now: () => new Date('2026-03-01T10:00:00Z'),
    })
    const client = clientFor(limited.url)
    await client.messages.create({ to: person, from, body: 'Hello' })
    expect(await errorOf(client.messages.create({ to: person, from, body: 'Hello' }))).toMatchObject({ status: 429, code: 20429 })
    expect(limited.messages()).toHaveLength(1)
    await limited.close()
    const error = await errorOf(clientFor(emulator.url).calls.list())
    expect(error).toMatchObject({
      status: 501,
      code: 20501,
      message: expect.stringContaining(`GET /2010-04-01/Accounts/${accountSid}/Calls.json`),
    })
  })

  test('as many requests at once as allowed, one more is refused, and an answered one makes room', async () => {
    const limited = await createTwilioEmulator({ accountSid, authToken, callbackDelayMs: 1, concurrentMax: 2 })
    const client = clientFor(limited.url)
    const send = () => client.messages.create({ to: person, from, body: 'Hello' })
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let entered = 0
    limited.intercept(async () => {
      entered += 1
      await gate
      return null
    })
    const two = [send(), send()]
    while (entered < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await errorOf(send())).toMatchObject({ status: 429, code: 20429 })
    release()
    await Promise.all(two)
    await send()
    expect(limited.messages()).toHaveLength(3)
    await limited.close()
  })

  test('a scheduled message waits, can be canceled, and otherwise leaves when its time comes', async () => {
    let time = new Date('2026-03-01T10:00:00Z')
    const clocked = await createTwilioEmulator({ accountSid, authToken, callbackDelayMs: 1, now: () => time })
    const client = clientFor(clocked.url)
    const scheduled = { to: person, messagingServiceSid: serviceSid, body: 'Later', scheduleType: 'fixed' as const }
    const first = await client.messages.create({ ...scheduled, sendAt: new Date('2026-03-01T11:00:00Z') })
    const second = await client.messages.create({ ...scheduled, sendAt: new Date('2026-03-01T11:00:00Z') })
    expect(first.status).toBe('scheduled')
    expect(await client.messages(first.sid).update({ status: 'canceled' })).toMatchObject({ status: 'canceled' })
    expect(await errorOf(client.messages.create({ ...scheduled, sendAt: new Date('2026-03-01T10:05:00Z') }))).toMatchObject({ code: 35114 })
    time = new Date('2026-03-01T11:00:01Z')
    await clocked.settled()
    expect(clocked.messages().map(({ sid, status }) => [sid, status])).toEqual([
      [first.sid, 'canceled'],
      [second.sid, 'delivered'],
    ])
    expect(await errorOf(client.messages(second.sid).update({ status: 'canceled' }))).toMatchObject({ code: 30409 })
    await clocked.close()
  })
})

describe('status callbacks', () => {
  test('name each step once, signed for the URL with its query', async () => {
    const url = `${receiver.url}/status?firm=1`
    const message = await clientFor(emulator.url).messages.create({ to: person, from, body: 'Hello', statusCallback: url })
    await emulator.settled()
    const statuses = receiver.forms().map((form) => form.MessageStatus)
    expect(statuses).toHaveLength(3)
    expect(new Set(statuses)).toEqual(new Set(['queued', 'sent', 'delivered']))
    for (const [index, form] of receiver.forms().entries()) {
      expect(form).toMatchObject({ MessageSid: message.sid, AccountSid: accountSid, To: person, From: from })
      const signature = String(receiver.received[index]?.headers['x-twilio-signature'])
      expect(twilio.validateRequest(authToken, signature, url, form)).toBe(true)
      expect(twilio.validateRequest('another token', signature, url, form)).toBe(false)
      expect(twilio.validateRequest(authToken, signature, url, { ...form, MessageStatus: 'failed' })).toBe(false)
    }
  })

  test('carry the reason of the carrier', async () => {
    const client = clientFor(emulator.url)
    const statusCallback = `${receiver.url}/status`
    await client.messages.create({ to: '+15005553006', from, body: 'Hello', statusCallback })
    emulator.failHandset(person, 30007)
    await client.messages.create({ to: person, from, body: 'Hello', statusCallback })
    await emulator.settled()
    const failed = receiver.forms().filter((form) => form.MessageStatus === 'undelivered')
    expect(Object.fromEntries(failed.map((form) => [form.To, form.ErrorCode]))).toEqual({ [person]: '30007', '+15005553006': '30006' })
  })
})

describe('opting out', () => {
  test.each(['STOP', 'stopall', ' Unsubscribe ', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OptOut'])(
    '%j blocks the pair with 21610',
    async (word) => {
      const client = clientFor(emulator.url)
      await emulator.reply(person, from, word)
      expect(emulator.optOuts()).toMatchObject([{ phone: person, sender: from, keyword: word.trim().toUpperCase() }])
      expect(await errorOf(client.messages.create({ to: person, from, body: 'Hello' }))).toMatchObject({ status: 400, code: 21610 })
      expect(await errorOf(client.messages.create({ to: person, messagingServiceSid: serviceSid, body: 'Hello' }))).toMatchObject({
        code: 21610,
      })
      expect(emulator.messages()).toEqual([])
      await client.messages.create({ to: '+14155550124', from, body: 'Another person is not concerned' })
    },
  )

  test.each(['START', 'yes', 'UNSTOP'])('%j lets messages through again', async (word) => {
    await emulator.reply(person, from, 'STOP')
    await emulator.reply(person, from, word)
    expect(emulator.optOuts()).toEqual([])
    await clientFor(emulator.url).messages.create({ to: person, from, body: 'Hello' })
  })

  test('a sentence with the word in it is no keyword', async () => {
    await emulator.reply(person, from, 'Please stop by tomorrow')
    expect(emulator.optOuts()).toEqual([])
  })

  test('Twilio answers on the phone, once, and not in the message log', async () => {
    await emulator.reply(person, from, 'STOP')
    await emulator.reply(person, from, 'STOP')
    expect(emulator.conversations().map(({ direction, automatic }) => [direction, automatic])).toEqual([
      ['inbound', false],
      ['outbound-reply', true],
      ['inbound', false],
    ])
    expect((await clientFor(emulator.url).messages.list()).map((message) => message.body)).toEqual(['STOP', 'STOP'])
  })
})

describe('inbound texts', () => {
  test('are posted signed to the configured URL, and a TwiML answer is texted back', async () => {
    inboundAnswer = '<?xml version="1.0"?><Response><Message>Thanks, Rosa &amp; Sons will call.</Message></Response>'
    const sent = await emulator.reply(person, from, 'Which bank? ñ 🙂')
    const [form] = receiver.forms()
    expect(form).toMatchObject({
      MessageSid: sent.sid,
      From: person,
      To: from,
      Body: 'Which bank? ñ 🙂',
      NumMedia: '0',
      AccountSid: accountSid,
    })
    expect(form).not.toHaveProperty('OptOutType')
    const signature = String(receiver.received[0]?.headers['x-twilio-signature'])
    expect(twilio.validateRequest(authToken, signature, `${receiver.url}/inbound?source=text`, form ?? {})).toBe(true)
    await emulator.settled()
    expect(emulator.conversations().at(-1)).toMatchObject({
      direction: 'outbound-reply',
      to: person,
      body: 'Thanks, Rosa & Sons will call.',
      status: 'delivered',
    })
  })

  test('after STOP a TwiML answer is not sent', async () => {
    inboundAnswer = '<Response><Message>Are you sure?</Message></Response>'
    await emulator.reply(person, from, 'STOP')
    expect(emulator.conversations().filter((message) => !message.automatic)).toHaveLength(1)
  })

  test('with Advanced Opt-Out the webhook names the kind of keyword', async () => {
    const advanced = await createTwilioEmulator({ accountSid, authToken, advancedOptOut: true, inboundUrl: `${receiver.url}/inbound` })
    for (const word of ['quit', 'unstop', 'info', 'hello']) await advanced.reply(person, from, word)
    expect(receiver.forms().map((form) => form.OptOutType)).toEqual(['STOP', 'START', 'HELP', undefined])
    await advanced.close()
  })
})

describe('listing', () => {
  test('filters by recipient, sender and time sent, newest first', async () => {
    let time = new Date('2026-03-01T10:00:00Z')
    const clocked = await createTwilioEmulator({ accountSid, authToken, callbackDelayMs: 1, now: () => time })
    const client = clientFor(clocked.url)
    for (const [at, body] of [
      ['2026-03-01T10:00:00Z', 'first'],
      ['2026-03-02T10:00:00.700Z', 'second'],
      ['2026-03-03T10:00:00Z', 'third'],
    ] as const) {
      time = new Date(at)
      await client.messages.create({ to: person, from, body })
      await clocked.settled()
    }
    await clocked.reply(person, from, 'fourth')
    const bodies = async (filter: Parameters<typeof client.messages.list>[0]) =>
      (await client.messages.list(filter)).map((message) => message.body)
    expect(await bodies({})).toEqual(['fourth', 'third', 'second', 'first'])
    expect(await bodies({ to: person })).toEqual(['third', 'second', 'first'])
    expect(await bodies({ from: person })).toEqual(['fourth'])
    expect(await bodies({ to: person, dateSentAfter: new Date('2026-03-02T10:00:00.700Z') })).toEqual(['third', 'second'])
    expect(await bodies({ to: person, dateSentBefore: new Date('2026-03-02T10:00:00Z') })).toEqual(['second', 'first'])
    expect(await bodies({ to: person, dateSentAfter: new Date('2026-03-04T00:00:00Z') })).toEqual([])
    await clocked.close()
  })

  test('pages through everything once, even while new messages arrive', async () => {
    const client = clientFor(emulator.url)
    for (let index = 0; index < 7; index++) await client.messages.create({ to: person, from, body: `text ${index}` })
    const first = await client.messages.page({ to: person, pageSize: 3 })
    await client.messages.create({ to: person, from, body: 'newcomer' })
    const second = await first.nextPage()
    const third = await second?.nextPage()
    const bodies = [first, second, third].flatMap((page) => page?.instances.map((message) => message.body) ?? [])
    expect(bodies).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `text ${index}`))
    expect(await third?.nextPage()).toBeUndefined()
    expect(await client.messages.list({ pageSize: 2 })).toHaveLength(8)
  })
})

describe('Lookup', () => {
  const lookUp = (number: string, fields?: string) =>
    clientFor(emulator.url)
      .lookups.v2.phoneNumbers(number)
      .fetch(fields === undefined ? {} : { fields })

  test('formats and validates without charge', async () => {
    expect(await lookUp('(415) 555-0123')).toMatchObject({
      phoneNumber: person,
      nationalFormat: '(415) 555-0123',
      countryCode: 'US',
      valid: true,
      lineTypeIntelligence: null,
    })
    expect(await lookUp('+1415555')).toMatchObject({ valid: false, validationErrors: ['TOO_SHORT'] })
    expect(await lookUp('+141555501234')).toMatchObject({ valid: false, validationErrors: ['TOO_LONG'] })
    expect(await lookUp('+11155550123')).toMatchObject({ valid: false, validationErrors: ['INVALID_BUT_POSSIBLE'] })
    expect(await lookUp('hello')).toMatchObject({ valid: false, validationErrors: ['NOT_A_NUMBER'] })
  })

  test('tells the type of line when asked', async () => {
    const typeOf = async (number: string) => (await lookUp(number, 'line_type_intelligence')).lineTypeIntelligence
    expect(await typeOf(person)).toMatchObject({ type: 'mobile' })
    expect(await typeOf('+15005550009')).toMatchObject({ type: 'landline' })
    expect(await typeOf('+18005550123')).toMatchObject({ type: 'tollFree' })
  })
})

test('the books and messages under way survive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'twilio-'))
  const options = { accountSid, authToken, dataDir }
  const first = await createTwilioEmulator({ ...options, callbackDelayMs: 60_000 })
  const message = await clientFor(first.url).messages.create({ to: person, from, body: 'Hello', statusCallback: `${receiver.url}/status` })
  await first.reply('+14155550199', from, 'STOP')
  await first.close()
  const second = await createTwilioEmulator({ ...options, callbackDelayMs: 1 })
  await second.settled()
  expect(second.messages()).toMatchObject([{ sid: message.sid, status: 'delivered' }])
  expect(second.optOuts()).toHaveLength(1)
  expect(receiver.forms().map((form) => form.MessageStatus)).toContain('delivered')
  await second.close()
  rmSync(dataDir, { recursive: true })
})

test('the connection can be cut after the write: the caller sees an error, the books have the message', async () => {
  emulator.intercept(() => ['cut_after'])
  await errorOf(clientFor(emulator.url).messages.create({ to: person, from, body: 'Hello' }))
  emulator.intercept(null)
  expect(emulator.messages()).toHaveLength(1)
})

test('the same powers work over HTTP', async () => {
  const post = (path: string, body: unknown) =>
    fetch(`${emulator.url}/_emulator/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await post('reply', { from: person, to: from, body: 'STOP' })).status).toBe(200)
  expect(await (await fetch(`${emulator.url}/_emulator/opt-outs`)).json()).toMatchObject({ opt_outs: [{ phone: person }] })
  expect((await post('reply', { from: person })).status).toBe(400)
  expect((await post('reset', {})).status).toBe(204)
  expect(emulator.optOuts()).toEqual([])
})

test('signatures equal the published example', () => {
  const params = { CallSid: 'CA1234567890ABCDE', Caller: '+14158675309', Digits: '1234', From: '+14158675309', To: '+18005551212' }
  expect(signWebhook('12345', 'https://mycompany.com/myapp.php?foo=1&bar=2', params)).toBe('RSOYDt4T1cUTdK1PDd93/VVr8B8=')
})

describe('segments', () => {
  test.each([
    ['', 'GSM-7', 1],
    ['a'.repeat(160), 'GSM-7', 1],
    ['a'.repeat(161), 'GSM-7', 2],
    ['a'.repeat(306), 'GSM-7', 2],
    ['a'.repeat(307), 'GSM-7', 3],
    [`${'a'.repeat(158)}€`, 'GSM-7', 1],
    [`${'a'.repeat(159)}€`, 'GSM-7', 2],
    // The euro sign does not fit into the last septet of the first segment and moves to the second
    [`${'a'.repeat(152)}€${'a'.repeat(151)}`, 'GSM-7', 2],
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM-7', 3],
    ['ü'.repeat(160), 'GSM-7', 1],
    ['“'.repeat(70), 'UCS-2', 1],
    ['“'.repeat(71), 'UCS-2', 2],
    ['🙂'.repeat(35), 'UCS-2', 1],
    ['🙂'.repeat(36), 'UCS-2', 2],
    // 67 units each: 33 whole emoji, never half a one
    ['🙂'.repeat(67), 'UCS-2', 3],
  ])('example %#', (text, encoding, count) => {
    expect(countSegments(text)).toEqual({ encoding, count })
  })
})
