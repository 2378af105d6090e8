import { createPrivateKey, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials } from '@ledgersync/emulators/credentials'
import { createSendgridEmulator, type SendgridEmulator } from '@ledgersync/emulators/sendgrid'
import sendgridClient from '@sendgrid/client'
import sendgridMail from '@sendgrid/mail'
import { type Received, startReceiver } from './receiver.ts'

const { apiKey, fromEmail, eventPrivateKey, eventPublicKey } = credentials.sendgrid
const mail = {
  to: 'rosa@bakery.example',
  from: { email: fromEmail, name: 'Hill & Partners' },
  subject: 'Connect your bank – Año nuevo',
  text: 'Open https://ledgersync.example/i/abc',
  html: '<p>Open <a href="https://ledgersync.example/i/abc?x=1&amp;y=2">your page</a></p>',
}

// Both packages export one instance of their class, with the class hung on to it, which their typings cannot say under NodeNext.
// The constructor of an instance makes more of the same type.
const Client = sendgridClient.constructor as new () => typeof sendgridClient
const MailService = sendgridMail.constructor as new () => typeof sendgridMail

let emulator: SendgridEmulator
let receiver: Awaited<ReturnType<typeof startReceiver>>
let answerStatus = 204

function clientFor(url: string, key: string = apiKey) {
  const client = new Client()
  client.setApiKey(key)
  client.setDefaultRequest('baseUrl', url)
  return client
}
function mailFor(url: string, key?: string) {
  const service = new MailService()
  service.setClient(clientFor(url, key))
  return service
}

beforeAll(async () => {
  receiver = await startReceiver(() => ({ status: answerStatus }))
  emulator = await createSendgridEmulator({
    apiKey,
    privateKey: eventPrivateKey,
    eventUrl: `${receiver.url}/events`,
    deliveryDelayMs: 1,
    batchDelayMs: 30,
  })
})
afterAll(async () => {
  await emulator.close()
  await receiver.close()
})
beforeEach(async () => {
  await emulator.reset()
  receiver.received.length = 0
  answerStatus = 204
})

const isGenuine = ({ headers, body }: Received, publicKey = emulator.publicKey) =>
  verify(
    'sha256',
    Buffer.from(`${String(headers['x-twilio-email-event-webhook-timestamp'])}${body}`),
    { key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' },
    Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64'),
  )
// The receiver is only sent JSON arrays of objects by the emulator
const eventsOf = (received: Received[]) => received.flatMap((one) => JSON.parse(one.body) as Array<Record<string, unknown>>)

const responseOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('The call was expected to fail')
    },
    // The SDK's ResponseError; the tests look at what the service answered
    (error: { code: number; response: { body: { errors: Array<{ message: string; field: string | null }> } } }) => ({
      status: error.code,
      errors: error.response.body.errors,
    }),
  )

describe('sending', () => {
  test('answers 202 with X-Message-Id and delivers exactly what was sent', async () => {
    const [response, body] = await mailFor(emulator.url).send({
      ...mail,
      customArgs: { invite_id: 'inv_1' },
      categories: ['invite'],
      replyTo: 'anna@firm.example',
    })
    expect(response.statusCode).toBe(202)
    expect(body).toBe('')
    const xMessageId = String(response.headers['x-message-id'])
    await emulator.settled()
    expect(emulator.messages()).toMatchObject([
      {
        xMessageId,
        to: { email: mail.to },
        from: mail.from,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        customArgs: { invite_id: 'inv_1' },
        replyTo: [{ email: 'anna@firm.example' }],
        status: 'delivered',
      },
    ])
    expect(emulator.messages()[0]?.sgMessageId.startsWith(`${xMessageId}.`)).toBe(true)
  })

  test('one call to several people makes one mail for each', async () => {
    await mailFor(emulator.url).sendMultiple({ ...mail, to: ['a@x.example', 'b@x.example'] })
    const [first, second] = emulator.messages()
    expect([first?.to.email, second?.to.email]).toEqual(['a@x.example', 'b@x.example'])
    expect(first?.xMessageId).toBe(second?.xMessageId)
    expect(first?.sgMessageId).not.toBe(second?.sgMessageId)
  })

  test('sandbox mode answers 200 and nothing happens', async () => {
    const [response] = await mailFor(emulator.url).send({ ...mail, mailSettings: { sandboxMode: { enable: true } } })
    expect(response.statusCode).toBe(200)
    await emulator.settled()
    expect(emulator.messages()).toEqual([])
    expect(receiver.received).toEqual([])
  })

  test('a mail with send_at waits for its time', async () => {
    let time = new Date('2026-03-01T10:00:00Z')
    const clocked = await createSendgridEmulator({ apiKey, deliveryDelayMs: 1, now: () => time })
    await mailFor(clocked.url).send({ ...mail, sendAt: Date.parse('2026-03-01T11:00:00Z') / 1000 })
    await clocked.settled()
    expect(clocked.messages()[0]?.status).toBe('scheduled')
    time = new Date('2026-03-01T11:00:00Z')
    await clocked.settled()
    expect(clocked.messages()[0]?.status).toBe('delivered')
    await clocked.close()
  })
})

describe('refusals', () => {
  const valid = {
    personalizations: [{ to: [{ email: mail.to }] }],
    from: mail.from,
    subject: mail.subject,
    content: [{ type: 'text/plain', value: 'Hello' }],
  }
  test.each([
    ['no recipients', { ...valid, personalizations: [] }, 'personalizations'],
    ['an empty to', { ...valid, personalizations: [{ to: [] }] }, 'personalizations.0.to'],
    ['a bad address', { ...valid, personalizations: [{ to: [{ email: 'rosa at bakery' }] }] }, 'personalizations.0.to.0.email'],
    [
      'an address twice',
      { ...valid, personalizations: [{ to: [{ email: 'a@x.example' }], cc: [{ email: 'A@x.example' }] }] },
      'personalizations.0',
    ],
    ['no sender', { ...valid, from: undefined }, 'from.email'],
    ['no subject', { ...valid, subject: '' }, 'subject'],
    ['no content', { ...valid, content: undefined }, 'content'],
    ['empty content', { ...valid, content: [{ type: 'text/plain', value: '' }] }, 'content.0.value'],
    [
      'html before plain',
      {
        ...valid,
        content: [
          { type: 'text/html', value: 'x' },
          { type: 'text/plain', value: 'x' },
        ],
      },
      'content',
    ],
    ['an unknown template', { ...valid, template_id: 'd-1' }, 'template_id'],
    ['both kinds of reply-to', { ...valid, reply_to: { email: 'a@x.example' }, reply_to_list: [{ email: 'b@x.example' }] }, 'reply_to'],
    ['eleven categories', { ...valid, categories: Array.from({ length: 11 }, (_, index) => `c${index}`) }, 'categories'],
    ['a number as custom argument', { ...valid, custom_args: { invite: 1 } }, 'custom_args.invite'],
    ['custom arguments past 10,000 bytes', { ...valid, custom_args: { note: 'x'.repeat(10_001) } }, 'custom_args'],
    ['a reserved header', { ...valid, headers: { 'Reply-To': 'a@x.example' } }, 'headers.Reply-To'],
    ['send_at past 72 hours', { ...valid, send_at: Math.trunc(Date.now() / 1000) + 73 * 3600 }, 'send_at'],
  ])('%s is a 400 that names the field', async (_name, body, field) => {
    const refusal = await responseOf(clientFor(emulator.url).request({ method: 'POST', url: '/v3/mail/send', body }))
    expect(refusal.status).toBe(400)
    expect(refusal.errors.map((error) => error.field)).toEqual([field])
    expect(emulator.messages()).toEqual([])
  })

  test('the same body without the fault is accepted', async () => {
    const [response] = await clientFor(emulator.url).request({ method: 'POST', url: '/v3/mail/send', body: valid })
    expect(response.statusCode).toBe(202)
  })

  test('a wrong key is 401, an unverified sender 403, past the rate 429, anything else 501 by name', async () => {
    expect(await responseOf(mailFor(emulator.url, 'SG.wrong').send(mail))).toMatchObject({ status: 401 })
    const strict = await createSendgridEmulator({
      apiKey,
      verifiedSenders: ['ledgersync.example'],
      requestsPerMinuteMax: 2,
      now: () => new Date('2026-03-01T10:00:00Z'),
    })
    expect(await responseOf(mailFor(strict.url).send({ ...mail, from: 'a@elsewhere.example' }))).toMatchObject({
      status: 403,
      errors: [{ field: 'from' }],
    })
    const [accepted] = await mailFor(strict.url).send(mail)
    expect(accepted.headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0' })
    expect(await responseOf(mailFor(strict.url).send(mail))).toMatchObject({ status: 429, errors: [{ message: 'too many requests' }] })
    expect(strict.messages()).toHaveLength(1)
    await strict.close()
    const refusal = await responseOf(clientFor(emulator.url).request({ method: 'GET', url: '/v3/templates' }))
    expect(refusal).toMatchObject({ status: 501, errors: [{ message: 'The sendgrid emulator does not implement GET /v3/templates' }] })
  })

  test('more than 30 MB is 413', async () => {
    const content = 'A'.repeat(31 * 1024 * 1024)
    const refusal = await responseOf(mailFor(emulator.url).send({ ...mail, attachments: [{ content, filename: 'big.bin' }] }))
    expect(refusal.status).toBe(413)
  })
})

describe('the event webhook', () => {
  test('posts batches with line breaks, signed over the raw bytes', async () => {
    const [response] = await mailFor(emulator.url).send({ ...mail, customArgs: { invite_id: 'inv_1' }, categories: ['invite'] })
    await emulator.settled()
    const [batch] = receiver.received
    expect(receiver.received).toHaveLength(1)
    expect(batch?.body).toMatch(/^\[\{.*\},\r\n\{.*\}\]\r\n$/)
    expect(batch === undefined ? false : isGenuine(batch)).toBe(true)
    expect(batch === undefined ? true : isGenuine({ ...batch, body: batch.body.replaceAll('\r\n', '') })).toBe(false)
    const events = eventsOf(receiver.received)
    expect(events.map((event) => event.event)).toEqual(['processed', 'delivered'])
    for (const event of events) {
      expect(event).toMatchObject({ email: mail.to, invite_id: 'inv_1', category: ['invite'] })
      expect(String(event.sg_message_id).startsWith(`${String(response.headers['x-message-id'])}.`)).toBe(true)
    }
    expect(new Set(events.map((event) => event.sg_event_id)).size).toBe(2)
  })

  test.each([
    ['bounce@x.example', ['processed', 'bounce'], { type: 'bounce', status: '5.1.1' }],
    ['blocked@x.example', ['processed', 'bounce'], { type: 'blocked' }],
    ['dropped@x.example', ['dropped'], { reason: 'Bounced Address' }],
    ['deferred@x.example', ['processed', 'deferred'], { attempt: '1' }],
  ])('%s leads to %j', async (to, names, last) => {
    await mailFor(emulator.url).send({ ...mail, to })
    await emulator.settled()
    const events = eventsOf(receiver.received)
    expect(events.map((event) => event.event)).toEqual(names)
    expect(events.at(-1)).toMatchObject(last)
    expect(emulator.messages()[0]?.reason).toBeTruthy()
  })

  test('an answer other than 2xx is followed by the same batch again', async () => {
    answerStatus = 500
    await mailFor(emulator.url).send(mail)
    while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(emulator.messages()[0]?.toldAt).toBeUndefined()
    answerStatus = 200
    await emulator.settled()
    expect(emulator.messages()[0]?.toldAt).toBeDefined()
    expect(receiver.received).toHaveLength(2)
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body)
  })

  test('what could not be handed over before a restart is handed over after it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sendgrid-'))
    const options = { apiKey, dataDir, deliveryDelayMs: 1, batchDelayMs: 1 }
    answerStatus = 503
    const first = await createSendgridEmulator({ ...options, eventUrl: receiver.url })
    await mailFor(first.url).send(mail)
    while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    await first.close()
    answerStatus = 200
    receiver.received.length = 0
    const second = await createSendgridEmulator({ ...options, eventUrl: receiver.url })
    await second.settled()
    expect(second.publicKey).toBe(first.publicKey)
    expect(second.messages()).toHaveLength(1)
    expect(eventsOf(receiver.received).map((event) => event.event)).toEqual(['processed', 'delivered'])
    expect(receiver.received.every((batch) => isGenuine(batch, first.publicKey))).toBe(true)
    await second.close()
    rmSync(dataDir, { recursive: true })
  })

  test('the public key is the one the launcher knows, and the API shows it', async () => {
    expect(emulator.publicKey).toBe(eventPublicKey)
    const [response] = await clientFor(emulator.url).request({ method: 'GET', url: '/v3/user/webhooks/event/settings/signed' })
    expect(response.body).toEqual({ public_key: eventPublicKey })
  })
})

describe('suppressions', () => {
  const request = async (method: 'GET' | 'DELETE' | 'POST', url: string, body?: unknown) =>
    (await clientFor(emulator.url).request({ method, url, body }))[0]

  test('a bounced address is dropped until it is taken off the list', async () => {
    const to = 'bounce+rosa@x.example'
    await mailFor(emulator.url).send({ ...mail, to })
    await emulator.settled()
    expect((await request('GET', '/v3/suppression/bounces')).body).toMatchObject([{ email: to, status: '5.1.1' }])
    expect((await request('GET', `/v3/suppression/bounces/${encodeURIComponent(to)}`)).body).toHaveLength(1)
    await mailFor(emulator.url).send({ ...mail, to: to.toUpperCase() })
    await emulator.settled()
    expect(emulator.messages().map((message) => message.status)).toEqual(['bounce', 'dropped'])
    expect(eventsOf(receiver.received).at(-1)).toMatchObject({ event: 'dropped', reason: 'Bounced Address' })
    expect((await request('DELETE', `/v3/suppression/bounces/${encodeURIComponent(to)}`)).statusCode).toBe(204)
    expect((await request('GET', '/v3/suppression/bounces')).body).toEqual([])
    expect(await responseOf(request('DELETE', `/v3/suppression/bounces/${encodeURIComponent(to)}`))).toMatchObject({ status: 404 })
  })

  test('a block does not suppress', async () => {
    for (const _ of [1, 2]) {
      await mailFor(emulator.url).send({ ...mail, to: 'blocked@x.example' })
      await emulator.settled()
    }
    expect(emulator.messages().map((message) => message.status)).toEqual(['blocked', 'blocked'])
    expect((await request('GET', '/v3/suppression/blocks')).body).toHaveLength(1)
    expect((await request('DELETE', '/v3/suppression/blocks', { delete_all: true })).statusCode).toBe(204)
    expect((await request('GET', '/v3/suppression/blocks')).body).toEqual([])
  })

  test('whoever unsubscribes is dropped, told by an event, and can be let in again', async () => {
    await mailFor(emulator.url).send(mail)
    await emulator.settled()
    emulator.unsubscribe(emulator.messages()[0]?.id ?? '')
    await mailFor(emulator.url).send(mail)
    await emulator.settled()
    expect(eventsOf(receiver.received).map((event) => event.event)).toEqual(['processed', 'delivered', 'unsubscribe', 'dropped'])
    expect(emulator.optOuts()).toMatchObject([{ email: mail.to }])
    expect((await request('GET', `/v3/asm/suppressions/global/${mail.to}`)).body).toEqual({ recipient_email: mail.to })
    expect((await request('DELETE', `/v3/asm/suppressions/global/${mail.to}`)).statusCode).toBe(204)
    await mailFor(emulator.url).send(mail)
    await emulator.settled()
    expect(emulator.messages().map((message) => message.status)).toEqual(['delivered', 'dropped', 'delivered'])
  })
})

test('the connection can be cut before the write: the caller sees an error, the books stay empty', async () => {
  emulator.intercept(() => ['cut_before'])
  await expect(mailFor(emulator.url).send(mail)).rejects.toThrow()
  emulator.intercept(null)
  expect(emulator.messages()).toEqual([])
})

test('the check of signatures in these tests accepts the published example', () => {
  const body =
    '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",' +
    '"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",' +
    '"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
  const headers = {
    'x-twilio-email-event-webhook-timestamp': '1600112502',
    'x-twilio-email-event-webhook-signature':
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
  }
  const key = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='
  expect(isGenuine({ url: '/', headers, body }, key)).toBe(true)
  expect(isGenuine({ url: '/', headers, body: body.trim() }, key)).toBe(false)
  const ours = sign(
    'sha256',
    Buffer.from(`1600112502${body}`),
    createPrivateKey({ key: Buffer.from(eventPrivateKey, 'base64'), format: 'der', type: 'pkcs8' }),
  )
  expect(
    isGenuine(
      { url: '/', headers: { ...headers, 'x-twilio-email-event-webhook-signature': ours.toString('base64') }, body },
      eventPublicKey,
    ),
  ).toBe(true)
})
