import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { startLocalNetwork } from '@ledgersync/emulators/local'
import { ProviderError } from '../src/core/errors.ts'
import { toMinor } from '../src/providers/plaid/amounts.ts'
import { createPlaid, type Plaid } from '../src/providers/plaid/client.ts'
import { freePace } from './free-pace.ts'
import { createVerifier, readPlaidWebhook } from '../src/providers/plaid/webhook.ts'

const secret = 'the-provider-secret-8c1f'
const clientId = 'the-provider-client-77aa'
const accessToken = 'access-sandbox-11111111-2222-3333-4444-555555555555'

const configOf = (baseUrl: string) => ({
  baseUrl,
  clientId,
  secret,
  hostedLinkOrigin: baseUrl,
  webhookUrl: 'http://localhost:1/v1/webhooks/plaid',
})

type Handler = (req: IncomingMessage, res: ServerResponse) => void
const servers: Server[] = []

/** A server that answers as it is told, for what no emulator does. */
async function startBad(handler: Handler): Promise<Plaid> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  return createPlaid(configOf(`http://127.0.0.1:${port}`), freePace)
}

const answer =
  (status: number, body: unknown): Handler =>
  (req, res) => {
    req.resume()
    res.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
  }

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function failureOf(call: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProviderError)) throw new Error(`Not a ProviderError: ${String(error)}`)
  return error
}

/** A success whose body ends in the middle. */
const breakOff: Handler = (req, res) => {
  req.resume()
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
  res.write('{"half":', () => res.destroy())
}

const echo = { error_message: `your secret ${secret} and ${accessToken} are wrong`, request_id: 'req123' }
const kinds: [string, Handler, Partial<ProviderError>][] = [
  [
    'an item that needs its client',
    answer(400, { ...echo, error_type: 'ITEM_ERROR', error_code: 'ITEM_LOGIN_REQUIRED', display_message: 'Please sign in again.' }),
    { code: 'ITEM_LOGIN_REQUIRED', transient: false, outcome: 'refused', detail: 'Please sign in again.', requestId: 'req123' },
  ],
  [
    'a wrong key',
    answer(400, { ...echo, error_type: 'INVALID_INPUT', error_code: 'INVALID_API_KEYS', display_message: null }),
    { code: 'INVALID_API_KEYS', transient: false, detail: null },
  ],
  [
    'a limit',
    answer(429, { ...echo, error_type: 'RATE_LIMIT_EXCEEDED', error_code: 'TRANSACTIONS_SYNC_LIMIT' }),
    { status: 429, transient: true, outcome: 'refused' },
  ],
  [
    'a bank that is down',
    answer(400, { ...echo, error_type: 'INSTITUTION_ERROR', error_code: 'INSTITUTION_DOWN' }),
    { transient: true, outcome: 'refused' },
  ],
  [
    'a bank that is gone',
    answer(400, { ...echo, error_type: 'INSTITUTION_ERROR', error_code: 'INSTITUTION_NO_LONGER_SUPPORTED' }),
    { transient: false },
  ],
  [
    'a fault of the provider',
    answer(500, { ...echo, error_type: 'API_ERROR', error_code: 'INTERNAL_SERVER_ERROR' }),
    { transient: true, outcome: 'unknown' },
  ],
  ['an answer that is no JSON', answer(502, `<html>${secret}</html>`), { status: 502, code: null, transient: true, outcome: 'unknown' }],
  ['an answer without what was promised', answer(200, { secret }), { status: null, transient: true, outcome: 'unknown' }],
  [
    'a redirect',
    (req, res) => (req.resume(), res.writeHead(302, { location: `http://127.0.0.1:1/${secret}` }).end()),
    { status: 302, outcome: 'refused' },
  ],
  ['a cut connection', (req) => req.socket.destroy(), { status: null, code: 'ECONNRESET', transient: true, outcome: 'unknown' }],
  ['a success that breaks off', breakOff, { status: null, transient: true, outcome: 'unknown' }],
]

test.each(kinds)('%s becomes an error without any credential', async (_name, handler, expected) => {
  const plaid = await startBad(handler)
  const error = await failureOf(plaid.accounts(accessToken))
  expect(error).toMatchObject({ provider: 'plaid', operation: 'accountsGet', ...expected })
  const everything = [
    JSON.stringify(error),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { depth: 20, showHidden: true }),
    String(error.stack),
  ].join('\n')
  for (const hidden of [secret, clientId, accessToken]) expect(everything).not.toContain(hidden)
})

test('nobody at the address is refused for certain', async () => {
  const error = await failureOf(createPlaid(configOf('http://127.0.0.1:1'), freePace).exchange('public-sandbox-1'))
  expect(error).toMatchObject({ outcome: 'refused', code: 'ECONNREFUSED', transient: true })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret)
})

test('an interactive call gives up after ten seconds', async () => {
  const plaid = await startBad((req) => req.resume())
  const began = Date.now()
  const error = await failureOf(plaid.linkOutcome('link-sandbox-1'))
  expect(Date.now() - began).toBeGreaterThan(9_000)
  expect(Date.now() - began).toBeLessThan(14_000)
  expect(error).toMatchObject({ outcome: 'unknown', transient: true, status: null })
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret)
})

test.each([
  [12.34, 'USD', true, -1234, null],
  [-12.3, 'USD', true, 1230, null],
  [0, 'USD', true, 0, null],
  [-0, 'USD', true, 0, null],
  [1.005, 'USD', true, -101, '-1.005'],
  [-0.001, 'USD', true, 1, '0.001'],
  [0.1 + 0.2, 'USD', false, 31, '0.30000000000000004'],
  [1500, 'JPY', true, -1500, null],
  [1500.5, 'JPY', true, -1501, '-1500.5'],
  [1.234, 'KWD', true, -1234, null],
  [0.00012345, 'BTC', true, -12345, null],
  [1e-7, 'BTC', true, -10, null],
  [1e-9, 'BTC', false, 1, '1e-9'],
  [-1e-9, 'BTC', true, 1, '1e-9'],
  [4503599627370.49, 'USD', true, -450359962737049, null],
  [1e300, 'USD', true, -Number.MAX_SAFE_INTEGER, '-1e+300'],
])('%p %s (sign turned: %p) is %p, inexact %p', (value, currency, flip, ...[amountMinor, inexact]) => {
  expect(toMinor(value, currency, flip)).toEqual({ amountMinor, inexact })
})

describe('at the emulated provider', () => {
  let network: Awaited<ReturnType<typeof startLocalNetwork>>
  let plaid: Plaid
  beforeAll(async () => {
    network = await startLocalNetwork()
    const config = {
      baseUrl: network.env.PLAID_BASE_URL ?? '',
      clientId: network.env.PLAID_CLIENT_ID ?? '',
      secret: network.env.PLAID_SECRET ?? '',
      hostedLinkOrigin: network.env.PLAID_HOSTED_LINK_ORIGIN ?? '',
      webhookUrl: 'http://localhost:1/v1/webhooks/plaid',
    }
    plaid = createPlaid(config, freePace)
  })
  afterAll(() => network.close())

  test('banks are found by name and routing number', async () => {
    const found = await plaid.searchInstitutions('meridian')
    expect(found).toEqual([{ institutionId: 'ins_900101', name: 'First Meridian Bank', routingNumber: '067990302', color: '#1d4f91' }])
    expect(await plaid.searchInstitutions('067990302')).toEqual(found)
    expect(await plaid.searchInstitutions('  ')).toEqual([])
    expect(await plaid.searchInstitutions('no such bank anywhere')).toEqual([])
  })

  const options = {
    clientId: 'c1',
    firmName: 'A firm whose name is longer than thirty characters',
    language: 'es' as const,
    routingNumber: '067990302',
    accessToken: null,
    returnUrl: 'http://localhost:1/i/back/n',
  }

  test('the sign-in asks for 24 months, in the right language, with the asked-for bank', async () => {
    await plaid.createLink(options)
    const body = network.plaid.calls.list('/link/token/create').at(-1)?.body
    expect(body).toMatchObject({
      client_name: 'A firm whose name is longer th',
      language: 'es',
      products: ['transactions'],
      transactions: { days_requested: 730 },
      institution_data: { routing_number: '067990302' },
      hosted_link: { completion_redirect_uri: 'http://localhost:1/i/back/n' },
      user: { client_user_id: 'c1' },
    })
  })

  test('a visit is open, then left with a reason, then finished; its token is good once', async () => {
    const { linkToken, hostedUrl, expiresAt } = await plaid.createLink(options)
    expect(hostedUrl).toContain(network.env.PLAID_HOSTED_LINK_ORIGIN)
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 30 * 60_000)
    expect(await plaid.linkOutcome(linkToken)).toMatchObject({ state: 'open' })
    await network.plaid.exitLink(linkToken)
    expect(await plaid.linkOutcome(linkToken)).toMatchObject({ state: 'exited', reason: 'Left before signing in at the bank.' })
    await network.plaid.completeLink(linkToken, { institutionId: 'ins_900101', username: 'user_good', password: 'pass_good' })
    const outcome = await plaid.linkOutcome(linkToken)
    if (outcome.state !== 'finished') throw new Error(outcome.state)
    expect(outcome.added).toMatchObject([{ institutionId: 'ins_900101', institutionName: 'First Meridian Bank' }])
    const publicToken = outcome.added[0]?.publicToken ?? ''
    const granted = await plaid.exchange(publicToken)
    expect(await failureOf(plaid.exchange(publicToken))).toMatchObject({
      code: 'INVALID_PUBLIC_TOKEN',
      outcome: 'refused',
      transient: false,
    })
    expect(await plaid.item(granted.accessToken)).toEqual({
      institutionId: 'ins_900101',
      institutionName: 'First Meridian Bank',
      errorCode: null,
    })
    const accounts = await plaid.accounts(granted.accessToken)
    const truth = network.plaid.items().find((item) => item.itemId === granted.itemId)?.accounts ?? []
    expect(accounts.map((account) => [account.kind, account.mask, account.balanceMinor])).toEqual(
      truth.map((account) => [
        account.type === 'credit' ? 'card' : 'bank',
        account.mask,
        Math.round(account.current * 100) * (account.type === 'credit' ? -1 : 1),
      ]),
    )
    await plaid.removeItem(granted.accessToken)
    expect(await failureOf(plaid.removeItem(granted.accessToken))).toMatchObject({ code: 'ITEM_NOT_FOUND' })
  })
})

describe('webhooks', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = pair.publicKey.export({ format: 'jwk' })
  const key = {
    alg: 'ES256',
    crv: 'P-256',
    kid: 'k1',
    kty: 'EC',
    use: 'sig',
    x: jwk.x ?? '',
    y: jwk.y ?? '',
    created_at: 1,
    expired_at: null as number | null,
  }
  let now = Date.parse('2026-05-01T12:00:00Z')
  const body = Buffer.from('{"webhook_type": "ITEM"}')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  function signed(bytes: Buffer, { kid = 'k1', alg = 'ES256', iat = now / 1000 } = {}): string {
    const text = `${part({ alg, kid, typ: 'JWT' })}.${part({ iat, request_body_sha256: createHash('sha256').update(bytes).digest('hex') })}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  function makeVerifier(known: Record<string, typeof key>) {
    const asked: string[] = []
    const verifier = createVerifier(
      async (keyId) => {
        asked.push(keyId)
        const found = known[keyId]
        if (found === undefined)
          throw new ProviderError({
            provider: 'plaid',
            operation: 'k',
            outcome: 'refused',
            status: 400,
            code: 'INVALID_WEBHOOK_VERIFICATION_KEY_ID',
            transient: false,
          })
        return found
      },
      () => now,
    )
    return { verifier, asked }
  }

  test('genuine ones are taken; the key is fetched once', async () => {
    const { verifier, asked } = makeVerifier({ k1: key })
    expect((await verifier(body, signed(body)))?.body).toEqual({ webhook_type: 'ITEM' })
    expect((await verifier(body, signed(body)))?.body).toEqual({ webhook_type: 'ITEM' })
    expect(asked).toEqual(['k1'])
  })

  test('every other one is refused', async () => {
    const { verifier } = makeVerifier({ k1: key, old: { ...key, expired_at: 2 } })
    const good = signed(body)
    const [head, claims, signature] = good.split('.')
    const none = `${part({ alg: 'none', kid: 'k1' })}.${claims}.`
    const refused = [
      undefined,
      '',
      'a.b.c',
      none,
      `${good}.x`,
      `${head}.${claims}.${Buffer.alloc(64).toString('base64url')}`,
      `${head}.${claims}.AAAA`,
      `${head}.${part({ iat: now / 1000, request_body_sha256: 'ff' })}.${signature}`,
      signed(body, { alg: 'HS256' }),
      signed(body, { kid: 'old' }),
      signed(body, { kid: 'unknown' }),
      signed(body, { kid: '../../x' }),
      signed(body, { iat: now / 1000 - 301 }),
      signed(body, { iat: now / 1000 + 120 }),
    ]
    for (const header of refused) expect(await verifier(body, header)).toBeNull()
    expect(await verifier(Buffer.from('{"webhook_type":"ITEM"}'), good)).toBeNull()
    expect(await verifier(body, good)).not.toBeNull()
  })

  test('forged key ids do not make us call the provider again and again', async () => {
    const { verifier, asked } = makeVerifier({ k1: key })
    for (let i = 0; i < 50; i++) expect(await verifier(body, signed(body, { kid: 'forged' }))).toBeNull()
    expect(asked).toEqual(['forged'])
    for (let i = 0; i < 100; i++) await verifier(body, signed(body, { kid: `forged-${i}` })).catch(() => null)
    expect(asked.length).toBeLessThanOrEqual(7)
    now += 61_000
    expect(await verifier(body, signed(body))).not.toBeNull()
  })

  test('a link webhook keeps no token', () => {
    const event = readPlaidWebhook({
      webhook_type: 'LINK',
      webhook_code: 'SESSION_FINISHED',
      link_token: 'link-sandbox-xyz',
      public_tokens: ['public-sandbox-1'],
      status: 'SUCCESS',
    })
    expect(event).toEqual({ kind: 'link_changed', linkTokenHash: createHash('sha256').update('link-sandbox-xyz').digest('hex') })
  })
})
