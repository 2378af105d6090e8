import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { credentials } from '@ledgersync/emulators/credentials'
import { createSendgridEmulator, type SendgridEmulator } from '@ledgersync/emulators/sendgrid'
import { createTwilioEmulator, signWebhook, type TwilioEmulator } from '@ledgersync/emulators/twilio'
import { ProviderError } from '../src/core/errors.ts'
import { createMailer, type EmailToSend, type Mailer } from '../src/providers/sendgrid/client.ts'
import { createSms, type Sms } from '../src/providers/twilio/client.ts'
import { freePace } from './free-pace.ts'

const { accountSid, authToken, from } = credentials.twilio
const { apiKey, fromEmail, eventPublicKey, eventPrivateKey } = credentials.sendgrid
const secrets = [
  authToken,
  Buffer.from(`${accountSid}:${authToken}`).toString('base64'),
  apiKey,
  '/i/secret-token',
  'nora@saltgrass.example',
  '+15035550187',
]
const person = '+15035550187'
const body = 'Hello: https://app.example/i/secret-token'
const email: EmailToSend = {
  messageId: '0190c1a0-0000-7000-8000-000000000001',
  firmId: '0190c1a0-0000-7000-8000-000000000002',
  to: 'nora@saltgrass.example',
  toName: 'Nora Velasco',
  fromName: 'Dana Whitlock',
  replyTo: 'dana@quillstone.example',
  subject: 'Please connect your banks',
  text: body,
  html: `<p>${body}</p>`,
}

let twilio: TwilioEmulator
let sendgrid: SendgridEmulator
let broken: Server
/** What the broken server does with a connection. */
let behave: (socket: { status(code: number, text: string): void; drop(): void }) => void = ({ drop }) => drop()
let brokenUrl: string

beforeAll(async () => {
  twilio = await createTwilioEmulator({ accountSid, authToken, senders: [from], callbackDelayMs: 1 })
  sendgrid = await createSendgridEmulator({ apiKey, privateKey: eventPrivateKey, deliveryDelayMs: 1, batchDelayMs: 1 })
  broken = createServer((req, res) => {
    req.resume()
    behave({ status: (code, text) => res.writeHead(code, { 'content-type': 'text/html' }).end(text), drop: () => req.socket.destroy() })
  })
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  brokenUrl = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
})
afterAll(async () => {
  await twilio.close()
  await sendgrid.close()
  broken.closeAllConnections()
  await new Promise((resolve) => broken.close(resolve))
})

const smsAt = (baseUrl: string, token: string = authToken): Sms =>
  createSms(
    {
      accountSid,
      authToken: token,
      from,
      baseUrl,
      statusUrl: `${brokenUrl}/status`,
      inboundUrl: `${brokenUrl}/inbound`,
      messagesPerSecond: 1,
    },
    freePace,
  )
const mailerAt = (baseUrl: string, key: string = apiKey): Mailer =>
  createMailer({ apiKey: key, fromEmail, baseUrl, webhookPublicKey: eventPublicKey, requestsPerMinute: 600 }, freePace)

/** The error of a call, after checking that nothing secret or personal can be read from it in any way. */
async function failureOf(call: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ProviderError)) throw new Error(`Expected a ProviderError, got ${inspect(error)}`)
  const everything = [JSON.stringify(error), inspect(error, { depth: 20, showHidden: true }), String(error), error.stack].join('\n')
  for (const secret of secrets) expect(everything).not.toContain(secret)
  return error
}

describe('texts', () => {
  test.each([
    ['+15005550001', '21211', /Wrong number/],
    ['+15005550002', '21612', /use e-mail/],
    ['+15005550003', '21408', /country/],
    ['+15005550004', '21610', /STOP/],
    ['+15005550009', '21614', /Not a mobile/],
  ])('%s is refused for good with code %s', async (to, code, words) => {
    const error = await failureOf(smsAt(twilio.url).send(to, body, 'x.y'))
    expect(error).toMatchObject({ outcome: 'refused', code, transient: false })
    expect(error.detail).toMatch(words)
  })

  test('a wrong password is a refusal that may end', async () => {
    expect(await failureOf(smsAt(twilio.url, '9'.repeat(32)).send(person, body, 'x.y'))).toMatchObject({
      outcome: 'refused',
      code: '20003',
      status: 401,
      transient: true,
    })
  })

  test('a cut connection and a 503 leave the outcome open and are not repeated', async () => {
    let calls = 0
    behave = ({ drop }) => {
      calls += 1
      drop()
    }
    expect(await failureOf(smsAt(brokenUrl).send(person, body, 'x.y'))).toMatchObject({ outcome: 'unknown', status: null })
    behave = ({ status }) => {
      calls += 1
      status(503, '<html>busy</html>')
    }
    expect(await failureOf(smsAt(brokenUrl).send(person, body, 'x.y'))).toMatchObject({ outcome: 'unknown', status: 503 })
    expect(calls).toBe(2)
  })

  test('too many requests is a refusal that may pass', async () => {
    behave = ({ status }) => status(429, '{"code":20429,"message":"Too Many Requests","status":429}')
    expect(await failureOf(smsAt(brokenUrl).send(person, body, 'x.y'))).toMatchObject({ outcome: 'refused', transient: true })
  })

  test('what was sent is found by its text, and nothing else is', async () => {
    const sms = smsAt(twilio.url)
    const { providerId } = await sms.send(person, body, 'x.y')
    await twilio.settled()
    expect(await sms.find(person, new Date(Date.now() - 60_000), '/i/secret-token')).toEqual({ providerId })
    expect(await sms.find(person, new Date(Date.now() - 60_000), '/i/another-token')).toBeNull()
    expect(await sms.find('+15035550188', new Date(Date.now() - 60_000), '/i/secret-token')).toBeNull()
  })

  test('a webhook counts only with the signature of its own address and parameters', async () => {
    const sms = smsAt(twilio.url)
    const params = { MessageSid: 'SM1', MessageStatus: 'sent' }
    const signature = signWebhook(authToken, `${brokenUrl}/status?message=a.b`, params)
    expect(await sms.verifyWebhook('status', params, signature, 'message=a.b')).toBe(true)
    expect(await sms.verifyWebhook('status', params, signature, 'message=a.c')).toBe(false)
    expect(await sms.verifyWebhook('inbound', params, signature, 'message=a.b')).toBe(false)
    expect(await sms.verifyWebhook('status', { ...params, MessageStatus: 'delivered' }, signature, 'message=a.b')).toBe(false)
    expect(await sms.verifyWebhook('status', params, undefined, 'message=a.b')).toBe(false)
  })
})

describe('e-mail', () => {
  test('arrives with its text, its page, its reply address and our ids, and without tracking', async () => {
    const { providerId } = await mailerAt(sendgrid.url).send(email)
    await sendgrid.settled()
    const mail = sendgrid.messages().at(-1)
    expect(mail).toMatchObject({
      xMessageId: providerId,
      to: { email: email.to, name: 'Nora Velasco' },
      from: { email: fromEmail, name: 'Dana Whitlock' },
      replyTo: [{ email: 'dana@quillstone.example' }],
      subject: email.subject,
      text: body,
      html: email.html,
      customArgs: { message_id: email.messageId, firm_id: email.firmId },
    })
  })

  test('a refused key, a bad request and a cut connection are told apart', async () => {
    expect(await failureOf(mailerAt(sendgrid.url, 'SG.wrong').send(email))).toMatchObject({
      outcome: 'refused',
      status: 401,
      transient: true,
    })
    expect(await failureOf(mailerAt(sendgrid.url).send({ ...email, subject: '' }))).toMatchObject({ outcome: 'refused', status: 400 })
    behave = ({ drop }) => drop()
    expect(await failureOf(mailerAt(brokenUrl).send(email))).toMatchObject({ outcome: 'unknown', status: null })
    behave = ({ status }) => status(500, 'oops')
    expect(await failureOf(mailerAt(brokenUrl).send(email))).toMatchObject({ outcome: 'unknown', status: 500 })
  })

  test('garbage is no signature', () => {
    const mailer = mailerAt(sendgrid.url)
    const timestamp = String(Math.floor(Date.now() / 1000))
    expect(mailer.verifyWebhook(Buffer.from('[]'), 'garbage', timestamp)).toBe(false)
    expect(mailer.verifyWebhook(Buffer.from('[]'), undefined, timestamp)).toBe(false)
  })
})
