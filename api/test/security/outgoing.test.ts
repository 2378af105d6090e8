import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { credentials } from '@ledgersync/emulators/credentials'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { bundling } from '../../dev/bundle-options.mjs'
import { ProviderError } from '../../src/core/errors.ts'
import { allowOutgoing, outgoing } from '../../src/core/outgoing.ts'
import { createPlaid } from '../../src/providers/plaid/client.ts'
import { createQuickbooks } from '../../src/providers/quickbooks/client.ts'
import { createMailer } from '../../src/providers/sendgrid/client.ts'
import { createSms } from '../../src/providers/twilio/client.ts'
import { makeClient, makeFirm } from '../factories.ts'
import { startTestApp } from '../harness.ts'
import { freePace } from '../free-pace.ts'

const root = resolve(import.meta.dirname, '../../..')
const servers: Server[] = []
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

/** Where nobody may come. */
const strayed: string[] = []
let trap: string
beforeAll(async () => {
  trap = await listen((req, res) => {
    strayed.push(`${req.method} ${req.url} ${req.headers.authorization ?? ''}`)
    res.end('{}')
  })
})

const { accountSid, authToken, from } = credentials.twilio
const access = { realmId: '9341300000001', accessToken: 'bearer' }

/** Every call that this product makes to the outside, at a server of our own. */
function callsAt(base: string): Record<string, () => Promise<unknown>> {
  const plaid = createPlaid(
    { baseUrl: base, clientId: 'id', secret: 'secret', hostedLinkOrigin: base, webhookUrl: `${base}/hook` },
    freePace,
  )
  const quickbooks = createQuickbooks(
    {
      clientId: 'id',
      clientSecret: 'secret',
      authorizeUrl: `${trap}/authorize`,
      tokenUrl: `${base}/token`,
      revokeUrl: `${base}/revoke`,
      apiUrl: base,
      appUrl: trap,
      redirectUrl: `${trap}/callback`,
      webhookVerifierToken: 'token',
    },
    freePace,
  )
  const sms = createSms(
    { accountSid, authToken, from, baseUrl: base, statusUrl: `${base}/s`, inboundUrl: `${base}/i`, messagesPerSecond: 10 },
    freePace,
  )
  const mailer = createMailer(
    {
      apiKey: 'SG.key',
      fromEmail: 'a@b.example',
      baseUrl: base,
      webhookPublicKey: credentials.sendgrid.eventPublicKey,
      requestsPerMinute: 600,
    },
    freePace,
  )
  const link = { clientId: 'c', firmName: 'F', language: 'en', routingNumber: null, accessToken: null, returnUrl: `${base}/back` } as const
  const mail = {
    messageId: 'm',
    firmId: 'f',
    to: 'n@b.example',
    toName: null,
    fromName: 'F',
    replyTo: null,
    subject: 's',
    text: 't',
    html: 'h',
  }
  return {
    'banks searched': () => plaid.searchInstitutions('x'),
    'a sign-in opened': () => plaid.createLink(link),
    'a sign-in looked at': () => plaid.linkOutcome('link'),
    'a token exchanged': () => plaid.exchange('public'),
    'a login read': () => plaid.item('access'),
    'accounts read': () => plaid.accounts('access'),
    'rows read': () => plaid.syncPage('access', null),
    'a login given back': () => plaid.removeItem('access'),
    'a code exchanged': () => quickbooks.exchangeCode('code'),
    'a token renewed': () => quickbooks.refresh('refresh'),
    'a token given back': () => quickbooks.revoke('refresh'),
    'a company read': () => quickbooks.company(access),
    'its accounts read': () => quickbooks.accounts(access),
    'its vendors read': () => quickbooks.vendors(access),
    'entries posted': () => quickbooks.post(access, 'r', [{ pushId: 'p', entry }]),
    'entries looked for': () => quickbooks.find(access, [{ pushId: 'p', entry }]),
    'a text sent': () => sms.send('+15035550187', 'hello', 'a.b'),
    'texts looked through': () => sms.find('+15035550187', new Date(), 'hello'),
    'a mail sent': () => mailer.send(mail),
  }
}
// An amount of the right brand is not needed to be refused
const entry = {
  kind: 'expense',
  date: '2026-10-05',
  amountMinor: 1,
  currency: 'USD',
  accountId: '1',
  vendorId: null,
  checkNumber: null,
  memo: '',
  lines: [],
} as never
const names = Object.keys(callsAt('http://127.0.0.1:9'))

const failureOf = async (call: (() => Promise<unknown>) | undefined): Promise<ProviderError> => {
  if (call === undefined) throw new Error('There is no such call')
  const failure: unknown = await call().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(failure instanceof ProviderError)) throw new Error(`Expected a ProviderError, got ${String(failure)}`)
  return failure
}

test.each(names)('%s: no redirect is followed, to the same place or another', async (name) => {
  for (const status of [301, 302, 303, 307, 308]) {
    let times = 0
    const base = await listen((req, res) => {
      req.resume()
      times += 1
      res.writeHead(status, { location: times === 1 ? '/again' : `${trap}/strayed` }).end()
    })
    await failureOf(callsAt(base)[name])
    expect([status, times]).toEqual([status, 1])
    const away = await listen((req, res) => (req.resume(), void res.writeHead(status, { location: `${trap}/strayed` }).end()))
    await failureOf(callsAt(away)[name])
  }
  expect(strayed).toEqual([])
})

test.each(names)('%s: an answer without an end is cut off', async (name) => {
  let sent = 0
  const block = randomBytes(512 * 1024)
  const base = await listen((req, res) => {
    req.resume()
    res.writeHead(200, { 'content-type': 'application/json' })
    const more = (): void => {
      if (res.destroyed) return
      sent += block.length
      res.write(block, more)
    }
    more()
  })
  expect(await failureOf(callsAt(base)[name])).toMatchObject({ outcome: 'unknown', status: null })
  expect(sent).toBeLessThan(64 * 1024 * 1024)
})

test('an answer that drips ends with the time for the whole call', async () => {
  const base = await listen((req, res) => {
    req.resume()
    res.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => res.write(' '), 50)
    res.once('close', () => clearInterval(drip))
  })
  allowOutgoing(base)
  await expect(outgoing().get(base, { timeout: 400 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  const slow = callsAt(base)
  const failures = await Promise.all(['a sign-in looked at', 'a text sent', 'a mail sent'].map((name) => failureOf(slow[name])))
  for (const failure of failures) expect(failure).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown', status: null, transient: true })
})

describe('an address that is not one of the settings', () => {
  test('is reached by nobody', async () => {
    for (const address of [
      `${trap}/x`,
      trap.replace('127.0.0.1', 'localhost'),
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'http://[::1]:1/',
    ]) {
      await expect(outgoing().get(address)).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    }
    const base = await listen((_req, res) => void res.end('{}'))
    allowOutgoing(base)
    await expect(outgoing().get(`//${new URL(trap).host}/x`, { baseURL: base })).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' })
    await expect(outgoing().get(`${base.replace('://', `://${new URL(trap).host}@`)}/x`)).resolves.toMatchObject({ status: 200 })
    expect(strayed).toEqual([])
  })
  test('is not followed when the text service names it as the next page', async () => {
    const message = { sid: 'SM1', direction: 'outbound-api', body: 'other' }
    for (const next of [`${trap}/next`, `//${new URL(trap).host}/next`, `@${new URL(trap).host}/next`]) {
      const base = await listen((_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json' })
        res.end(JSON.stringify({ messages: [message], next_page_uri: next, meta: { next_page_url: next } }))
      })
      await callsAt(base)
        ['texts looked through']?.()
        .catch((error: unknown) => expect(error).toBeInstanceOf(ProviderError))
    }
    expect(strayed).toEqual([])
  })
})

test('the address of the sign-in that the bank provider gives out is shown to nobody unless it is where the settings say', async () => {
  let hostedUrl: string | null = null
  const base = await listen((_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ link_token: 'link-1', expiration: '2030-01-01T00:00:00Z', hosted_link_url: hostedUrl, request_id: 'r' }))
  })
  const product = await startTestApp({ PLAID_BASE_URL: base })
  try {
    const dana = await makeFirm(product)
    const clientId = await makeClient(product, dana)
    for (hostedUrl of ['https://evil.example/hl/x', 'javascript:alert(1)', '//evil.example/x', '/relative', '', null]) {
      const staff = await product.call(connections.add, { params: { clientId }, body: {} }, dana)
      expect([hostedUrl, staff.status, JSON.stringify(staff.body)]).toEqual([hostedUrl, 502, expect.not.stringContaining('evil')])
      const copied = await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
      const path = `${new URL(copied.body.url ?? '').pathname}/connect`
      const tapped = await product.request().post(path).set('origin', product.config.publicUrl)
      expect([tapped.status, tapped.headers.location, tapped.text]).toEqual([502, undefined, expect.not.stringContaining('evil')])
    }
    hostedUrl = `${product.config.plaid.hostedLinkOrigin}/hl/x`
    expect((await product.call(connections.add, { params: { clientId }, body: {} }, dana)).body).toEqual({ url: hostedUrl })
  } finally {
    await product.close()
  }
})

test('the built program is bound in the same way: its modules and the packages’ are of two kinds', async () => {
  let redirected = 0
  const base = await listen((req, res) => {
    req.resume()
    redirected += 1
    res.writeHead(307, { location: `${trap}/strayed` }).end()
  })
  const config = {
    clientId: 'i',
    clientSecret: 's',
    authorizeUrl: base,
    tokenUrl: `${base}/t`,
    revokeUrl: `${base}/r`,
    apiUrl: base,
    appUrl: base,
    redirectUrl: base,
    webhookVerifierToken: 't',
  }
  const program = `
    import { createQuickbooks } from './providers/quickbooks/client.ts'
    import { createPlaid } from './providers/plaid/client.ts'
    import { createMailer } from './providers/sendgrid/client.ts'
    import { createSms } from './providers/twilio/client.ts'
    import { outgoing } from './core/outgoing.ts'
    const base = ${JSON.stringify(base)}
    const pace = { inTurn: (turn, call) => call(turn.callMs) }
    const quickbooks = createQuickbooks(${JSON.stringify(config)}, pace)
    const plaid = createPlaid({ baseUrl: base, clientId: 'i', secret: 's', hostedLinkOrigin: base, webhookUrl: base }, pace)
    const mailer = createMailer({ apiKey: 'SG.k', fromEmail: 'a@b.example', baseUrl: base, webhookPublicKey: ${JSON.stringify(credentials.sendgrid.eventPublicKey)}, requestsPerMinute: 600 }, pace)
    const sms = createSms({ accountSid: ${JSON.stringify(accountSid)}, authToken: 't', from: '+15035550123', baseUrl: base, statusUrl: base, inboundUrl: base, messagesPerSecond: 10 }, pace)
    const calls = [
      () => quickbooks.vendors({ realmId: '1', accessToken: 'a' }),
      () => quickbooks.refresh('r'),
      () => plaid.accounts('a'),
      () => mailer.send({ messageId: 'm', firmId: 'f', to: 'n@b.example', toName: null, fromName: 'F', replyTo: null, subject: 's', text: 't', html: 'h' }),
      () => sms.send('+15035550187', 'x', 'a.b'),
      () => outgoing().get(${JSON.stringify(trap)}),
    ]
    const codes = []
    for (const call of calls) codes.push(await call().then(() => 'taken', (error) => String(error.status ?? error.code)))
    console.log(codes.join(' '))`
  // Where the programs are, so that it finds the same packages
  const outfile = resolve(root, `api/dist/bound-${process.pid}.js`)
  const stdin = { contents: program, resolveDir: resolve(root, 'api/src') }
  await build({ ...bundling, external: [...bundling.external], stdin, outfile })
  const { stdout } = await promisify(execFile)(process.execPath, [outfile], { cwd: root })
  for (const file of [outfile, `${outfile}.map`]) rmSync(file)
  expect([stdout.trim(), redirected, strayed]).toEqual(['307 307 307 ERR_BAD_RESPONSE 307 ERR_NOT_ALLOWED', 5, []])
})
