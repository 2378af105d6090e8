import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { minor } from '@ledgersync/shared/money'
import { readConfig } from '../src/config.ts'
import type { Pace, Turn } from '../src/core/pace.ts'
import { createPlaid, type Plaid } from '../src/providers/plaid/client.ts'
import { createQuickbooks } from '../src/providers/quickbooks/client.ts'
import type { EntryToPost, Quickbooks } from '../src/providers/quickbooks/types.ts'
import { createMailer, type Mailer } from '../src/providers/sendgrid/client.ts'
import { createSms, type Sms } from '../src/providers/twilio/client.ts'

let server: Server
let requests = 0
let turns: Turn[] = []
/** Counts the turns; a call outside of one would be a request without a turn. */
const counting: Pace = {
  inTurn(turn, call) {
    turns.push(turn)
    return call(turn.callMs)
  },
}
let plaid: Plaid
let quickbooks: Quickbooks
let sms: Sms
let mailer: Mailer

beforeAll(async () => {
  server = createServer((req, res) => {
    requests += 1
    req.resume()
    res.writeHead(400, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const secret = 'a'.repeat(20)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const config = readConfig({
    NODE_ENV: 'test',
    PUBLIC_URL: 'http://localhost:3000',
    DATABASE_URL: 'postgres://app@127.0.0.1:1/none',
    DATABASE_OWNER_URL: 'postgres://owner@127.0.0.1:1/none',
    SESSION_SECRET: Buffer.alloc(32, 7).toString('base64'),
    KEY_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 9).toString('base64')}`,
    PLAID_BASE_URL: url,
    PLAID_CLIENT_ID: secret,
    PLAID_SECRET: secret,
    PLAID_HOSTED_LINK_ORIGIN: url,
    INTUIT_CLIENT_ID: secret,
    INTUIT_CLIENT_SECRET: secret,
    INTUIT_AUTHORIZE_URL: url,
    INTUIT_TOKEN_URL: url,
    INTUIT_REVOKE_URL: url,
    INTUIT_API_URL: url,
    INTUIT_APP_URL: url,
    INTUIT_WEBHOOK_VERIFIER_TOKEN: secret,
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: secret,
    TWILIO_FROM: '+15005550006',
    TWILIO_BASE_URL: url,
    SENDGRID_API_KEY: `SG.${secret}`,
    SENDGRID_FROM_EMAIL: 'books@ledgersync.example',
    SENDGRID_BASE_URL: url,
    SENDGRID_WEBHOOK_PUBLIC_KEY: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  })
  plaid = createPlaid(config.plaid, counting)
  quickbooks = createQuickbooks(config.quickbooks, counting)
  sms = createSms(config.twilio, counting)
  mailer = createMailer(config.sendgrid, counting)
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

type Calls<T> = { [K in keyof T as T[K] extends (...args: never[]) => Promise<unknown> ? K : never]: (adapter: T) => Promise<unknown> }

const access = { realmId: '9130', accessToken: 'token' }
const posted = { providerEntryId: '1', entity: 'Purchase', syncToken: '0' }
const entry: EntryToPost = {
  pushId: '0190c1a0-0000-7000-8000-000000000001',
  entry: {
    kind: 'expense',
    date: '2026-10-02',
    amountMinor: minor(4_520),
    currency: 'USD',
    accountId: '35',
    vendorId: null,
    checkNumber: null,
    memo: 'Fuel',
    lines: [{ accountId: '7', amountMinor: minor(4_520), description: 'FUEL' }],
  },
}
const link = {
  clientId: 'c',
  firmName: 'Quillstone',
  language: 'en',
  routingNumber: null,
  accessToken: null,
  returnUrl: 'http://localhost:3000/back',
} as const

// The types ask for every method that calls a provider: a new one is missing here until it is added
const plaidCalls: Calls<Plaid> = {
  searchInstitutions: (p) => p.searchInstitutions('bank'),
  createLink: (p) => p.createLink(link),
  linkOutcome: (p) => p.linkOutcome('link-token'),
  exchange: (p) => p.exchange('public-token'),
  item: (p) => p.item('access-token'),
  accounts: (p) => p.accounts('access-token'),
  syncPage: (p) => p.syncPage('access-token', null),
  removeItem: (p) => p.removeItem('access-token'),
  tellWebhook: (p) => p.tellWebhook('access-token'),
  verifyWebhook(p) {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    return p.verifyWebhook(Buffer.from('{}'), `${part({ alg: 'ES256', kid: '7f6d4a30-1d5f-4d0f-9d4f-0a4c2f7f9a11' })}.${part({})}.x`)
  },
}
const quickbooksCalls: Calls<Quickbooks> = {
  exchangeCode: (q) => q.exchangeCode('code'),
  refresh: (q) => q.refresh('refresh-token'),
  revoke: (q) => q.revoke('refresh-token'),
  company: (q) => q.company(access),
  accounts: (q) => q.accounts(access),
  vendors: (q) => q.vendors(access),
  post: (q) => q.post(access, 'request', [entry]),
  find: (q) => q.find(access, [entry]),
  read: (q) => q.read(access, [posted]),
  remove: (q) => q.remove(access, [posted]),
}
// Twilio's signatures are verified here
const smsCalls: Calls<Omit<Sms, 'verifyWebhook'>> = {
  send: (s) => s.send('+15035550187', 'Hello', 'reference'),
  find: (s) => s.find('+15035550187', new Date(), 'Hello'),
}
const mailerCalls: Calls<Mailer> = {
  send: (m) =>
    m.send({
      messageId: 'm',
      firmId: 'f',
      to: 'nora@saltgrass.example',
      toName: null,
      fromName: 'Dana',
      replyTo: null,
      subject: 'Hello',
      text: 'Hello',
      html: '<p>Hello</p>',
    }),
}

const every: [string, () => Promise<unknown>][] = [
  ...Object.entries(plaidCalls).map(([name, call]): [string, () => Promise<unknown>] => [`plaid ${name}`, () => call(plaid)]),
  ...Object.entries(quickbooksCalls).map(([name, call]): [string, () => Promise<unknown>] => [
    `quickbooks ${name}`,
    () => call(quickbooks),
  ]),
  ...Object.entries(smsCalls).map(([name, call]): [string, () => Promise<unknown>] => [`twilio ${name}`, () => call(sms)]),
  ...Object.entries(mailerCalls).map(([name, call]): [string, () => Promise<unknown>] => [`sendgrid ${name}`, () => call(mailer)]),
]

test.each(every)('%s asks for its turn before it calls, each time', async (name, call) => {
  ;[requests, turns] = [0, []]
  await call().catch(() => null)
  expect(requests).toBeGreaterThan(0)
  expect(turns).toHaveLength(requests)
  for (const turn of turns) {
    expect(name.startsWith(turn.provider)).toBe(true)
    expect(turn.limits.length).toBeGreaterThan(0)
    // What somebody waits for is over within ten seconds, and so is the wait for its turn
    if (turn.urgent) expect([turn.callMs <= 10_000, turn.patienceMs < turn.callMs]).toEqual([true, true])
    // No key shows a token
    expect(JSON.stringify(turn.limits)).not.toMatch(/-token|refresh-/)
  }
})
