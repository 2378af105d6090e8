import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { startLocalNetwork } from '@ledgersync/emulators/local'
import { minor } from '@ledgersync/shared/money'
import { ProviderError } from '../src/core/errors.ts'
import { newId } from '../src/core/ids.ts'
import type { Entry } from '../src/db/entry.ts'
import { createQuickbooks } from '../src/providers/quickbooks/client.ts'
import { freePace } from './free-pace.ts'
import type { CompanyAccess, EntryToPost, PostOutcome, Quickbooks, QuickbooksConfig } from '../src/providers/quickbooks/types.ts'
import { readIntuitWebhook } from '../src/providers/quickbooks/webhook.ts'

type Network = Awaited<ReturnType<typeof startLocalNetwork>>

const clientSecret = 'the-intuit-secret-5d20'
const clientId = 'the-intuit-client-19ee'
const access: CompanyAccess = { realmId: '4620816365000000001', accessToken: 'eyJ-the-access-token-7d4b' }
const refreshToken = 'RT1-the-refresh-token-01f3'

const configOf = (origin: string, changes: Partial<QuickbooksConfig> = {}): QuickbooksConfig => ({
  clientId,
  clientSecret,
  authorizeUrl: `${origin}/connect/oauth2`,
  tokenUrl: `${origin}/oauth2/v1/tokens/bearer`,
  revokeUrl: `${origin}/v2/oauth2/tokens/revoke`,
  apiUrl: origin,
  appUrl: origin,
  redirectUrl: 'http://localhost:1/v1/books/callback',
  webhookVerifierToken: 'the-verifier',
  ...changes,
})

type Handler = (req: IncomingMessage, res: ServerResponse) => void
const servers: Server[] = []

/** A server that answers as it is told, for what no emulator does. */
async function startBad(handler: Handler): Promise<Quickbooks> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  return createQuickbooks(configOf(`http://127.0.0.1:${port}`), freePace)
}

const answer =
  (status: number, body: unknown): Handler =>
  (req, res) => {
    req.resume()
    const headers = { 'content-type': 'application/json', intuit_tid: '1-abc' }
    res.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  }

const expense = (changes: Partial<Entry> = {}): Entry => ({
  kind: 'expense',
  date: '2026-10-02',
  amountMinor: minor(4_520),
  currency: 'USD',
  accountId: '35',
  vendorId: null,
  checkNumber: null,
  memo: 'Fuel for the van',
  lines: [{ accountId: '7', amountMinor: minor(changes.amountMinor ?? 4_520), description: 'GULF COAST FUELS 4417' }],
  ...changes,
})
const toPost = (entry: Entry): EntryToPost => ({ pushId: newId(), entry })

let network: Network
beforeAll(async () => {
  // The adapter is tried here without its pace
  network = await startLocalNetwork({ intuit: { requestsPerSecondMax: 1_000 } })
})
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await network.close()
})

async function failureOf(call: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProviderError)) throw new Error(`Not a ProviderError: ${String(error)}`)
  return error
}

/** Neither the error nor anything that hangs from it may show a credential. */
function expectNoSecret(error: ProviderError): void {
  const everything = [
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { depth: 20, showHidden: true }),
    String(error.stack),
  ].join('\n')
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
  for (const hidden of [clientSecret, clientId, access.accessToken, refreshToken, basic]) expect(everything).not.toContain(hidden)
}

/** A success whose body ends in the middle. */
const breakOff: Handler = (req, res) => {
  req.resume()
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
  res.write('{"half":', () => res.destroy())
}

const upper = (code: string, detail: string, type = 'ValidationFault') => ({
  Fault: { Error: [{ Message: access.accessToken, Detail: detail, code, element: '' }], type },
  time: '2026-01-01T00:00:00.000-08:00',
})
const lower = {
  warnings: null,
  fault: {
    error: [{ message: 'AuthenticationFailed', detail: `Token expired: ${access.accessToken}`, code: '3200', element: null }],
    type: 'AUTHENTICATION',
  },
}

const kinds: [string, Handler, Partial<ProviderError>][] = [
  ['an access that ended', answer(401, lower), { status: 401, code: 'unauthorized', outcome: 'refused', transient: false, detail: null }],
  [
    'a refusal with its reason',
    answer(400, upper('6210', 'The account period has closed.')),
    { status: 400, code: '6210', outcome: 'refused', transient: false, detail: 'The account period has closed.', requestId: '1-abc' },
  ],
  [
    'a user without permission',
    answer(403, upper('120', 'Authorization Failure', 'AuthorizationFault')),
    { status: 403, code: '120', outcome: 'refused', transient: false },
  ],
  [
    'too many requests',
    answer(429, upper('3001', 'ThrottleExceeded')),
    { code: '3001', outcome: 'refused', transient: true, retryAfterSeconds: 60 },
  ],
  ['a limit without words', answer(429, ''), { status: 429, code: null, outcome: 'refused', transient: true, retryAfterSeconds: 60 }],
  ['a fault of theirs', answer(500, upper('10000', 'An error', 'SystemFault')), { status: 500, outcome: 'unknown', transient: true }],
  ["a proxy's page", answer(502, `<html>${access.accessToken}</html>`), { status: 502, code: null, outcome: 'unknown', transient: true }],
  ['a success that is no JSON', answer(200, `<html>${access.accessToken}</html>`), { status: null, outcome: 'unknown', transient: true }],
  ['a cut connection', (req) => req.socket.destroy(), { status: null, outcome: 'unknown', transient: true }],
  ['a success that breaks off', breakOff, { status: null, outcome: 'unknown', transient: true }],
]

describe.each(kinds)('%s', (_name, handler, expected) => {
  test('in a post of our own becomes an error without any credential', async () => {
    const quickbooks = await startBad(handler)
    const error = await failureOf(quickbooks.post(access, randomUUID(), [toPost(expense())]))
    expect(error).toMatchObject({ provider: 'quickbooks', operation: 'post', ...expected })
    expectNoSecret(error)
  })
  test('in a read through the package becomes the same error', async () => {
    const quickbooks = await startBad(handler)
    const error = await failureOf(quickbooks.vendors(access))
    expect(error).toMatchObject({ provider: 'quickbooks', operation: 'queryVendor', ...expected })
    expectNoSecret(error)
  })
})

test('a list is read page by page, and a page that fails is a failure of the list', async () => {
  const asked: string[] = []
  let bad = false
  const quickbooks = await startBad((req, res) => {
    const query = new URL(req.url ?? '', 'http://intuit.example').searchParams.get('query') ?? ''
    asked.push(query)
    const first = Number(/startposition (\d+)/.exec(query)?.[1])
    if (bad && first > 1) return answer(429, upper('3001', 'ThrottleExceeded'))(req, res)
    const rows = Array.from({ length: first > 1 ? 7 : 1_000 }, (_, index) => ({
      Id: String(first + index),
      DisplayName: 'V',
      Active: true,
    }))
    return answer(200, { QueryResponse: { Vendor: rows, startPosition: first, maxResults: rows.length } })(req, res)
  })
  expect(new Set((await quickbooks.vendors(access)).map(({ providerId }) => providerId)).size).toBe(1_007)
  expect(asked.map((query) => /orderby.*/.exec(query)?.[0])).toEqual([
    'orderby Id asc startposition 1 maxresults 1000',
    'orderby Id asc startposition 1001 maxresults 1000',
  ])
  bad = true
  expect(await failureOf(quickbooks.vendors(access))).toMatchObject({ code: '3001', outcome: 'refused', throttled: true })
})

test('a redirect carries no token elsewhere', async () => {
  let followed = 0
  const quickbooks = await startBad((req, res) => {
    req.resume()
    if (req.url === '/elsewhere') followed += 1
    res.writeHead(307, { location: '/elsewhere' }).end()
  })
  expect(await failureOf(quickbooks.refresh(refreshToken))).toMatchObject({ status: 307, outcome: 'refused' })
  expect(await failureOf(quickbooks.post(access, randomUUID(), [toPost(expense())]))).toMatchObject({ status: 307 })
  expect(followed).toBe(0)
})

test('nobody at the address is refused for certain', async () => {
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const quickbooks = createQuickbooks(configOf(`http://127.0.0.1:${port}`), freePace)
  const calls = [
    () => quickbooks.refresh(refreshToken),
    () => quickbooks.accounts(access),
    () => quickbooks.post(access, 'r1', [toPost(expense())]),
  ]
  for (const call of calls) {
    const error = await failureOf(call())
    expect(error).toMatchObject({ outcome: 'refused', code: 'ECONNREFUSED', transient: true })
    expectNoSecret(error)
  }
})

test('tokens: a dead grant, wrong credentials and half an answer', async () => {
  const dead = await startBad(answer(400, { error: 'invalid_grant', error_description: `Incorrect token ${refreshToken}` }))
  const grant = await failureOf(dead.refresh(refreshToken))
  expect(grant).toMatchObject({ code: 'invalid_grant', outcome: 'refused', transient: false, detail: null })
  expectNoSecret(grant)
  const wrong = await startBad(answer(401, { error: 'invalid_client' }))
  expect(await failureOf(wrong.exchangeCode('AB-code'))).toMatchObject({ code: 'invalid_client', status: 401, transient: false })
  const half = await startBad(answer(200, { access_token: access.accessToken, expires_in: 3600 }))
  const halved = await failureOf(half.refresh(refreshToken))
  expect(halved).toMatchObject({ outcome: 'unknown', transient: true })
  expectNoSecret(halved)
})

test('the token endpoint is asked once, whatever it answers', async () => {
  let asked = 0
  const quickbooks = await startBad((req, res) => {
    asked += 1
    answer(503, '')(req, res)
  })
  await failureOf(quickbooks.refresh(refreshToken))
  expect(asked).toBe(1)
})

test('an item that Intuit stumbled over, or that is missing, makes the request doubtful', async () => {
  const items = [toPost(expense()), toPost(expense())]
  const posted = { bId: '0', Purchase: { Id: '9', SyncToken: '0' } }
  for (const second of [
    [],
    [{ bId: '1', Fault: upper('10000', 'An error', 'SystemFault').Fault }],
    [{ bId: '1', Fault: upper('3001', 'ThrottleExceeded').Fault }],
    [{ bId: '1', Purchase: {} }],
  ]) {
    const quickbooks = await startBad(answer(200, { BatchItemResponse: [posted, ...second] }))
    expect(await failureOf(quickbooks.post(access, 'r1', items))).toMatchObject({ outcome: 'unknown', transient: true })
  }
})

test('a deletion that Intuit stumbled over, or does not confirm, is doubtful', async () => {
  const items = ['9', '10'].map((providerEntryId) => ({ providerEntryId, entity: 'Purchase', syncToken: '0' }))
  const deleted = { bId: '0', Purchase: { status: 'Deleted', domain: 'QBO', Id: '9' } }
  for (const second of [
    [],
    [{ bId: '1', Fault: upper('10000', 'An error', 'SystemFault').Fault }],
    [{ bId: '1', Purchase: { Id: '10', SyncToken: '1' } }],
  ]) {
    const quickbooks = await startBad(answer(200, { BatchItemResponse: [deleted, ...second] }))
    expect(await failureOf(quickbooks.remove(access, items))).toMatchObject({ outcome: 'unknown', transient: true })
  }
  const refused = { bId: '1', Fault: upper('6540', 'Deposited').Fault }
  const quickbooks = await startBad(answer(200, { BatchItemResponse: [refused, deleted] }))
  expect(await quickbooks.remove(access, items)).toEqual([{ wasGone: false }, { refused: { code: '6540', detail: 'Deposited' } }])
})

test('outcomes belong to their entries in whatever order they come', async () => {
  const items = [toPost(expense()), toPost(expense({ kind: 'deposit' })), toPost(expense())]
  const quickbooks = await startBad(
    answer(200, {
      BatchItemResponse: [
        { bId: '2', Purchase: { Id: '12', SyncToken: '0' } },
        { bId: '0', Fault: upper('6210', 'The account period has closed.').Fault },
        { bId: '1', Deposit: { Id: '11', SyncToken: '3' } },
      ],
    }),
  )
  expect(await quickbooks.post(access, 'r1', items)).toEqual([
    { pushId: items[0]?.pushId, refused: { code: '6210', detail: 'The account period has closed.' } },
    { pushId: items[1]?.pushId, posted: { providerEntryId: '11', entity: 'Deposit', syncToken: '3' } },
    { pushId: items[2]?.pushId, posted: { providerEntryId: '12', entity: 'Purchase', syncToken: '0' } },
  ])
})

/** What goes over the wire is text: the amount is the decimal text of the minor units, and a repeat sends the same bytes. */
test('amounts are written to the cent, and a repeat is the same bytes', async () => {
  const bodies: string[] = []
  const quickbooks = await startBad((req, res) => {
    const parts: Buffer[] = []
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      bodies.push(Buffer.concat(parts).toString('utf8'))
      answer(200, { BatchItemResponse: [] })(req, res)
    })
  })
  const amounts = [1, 10, 29, 57, 110, 4_520, 123_456_789, 9_007_199_254_740]
  const items = amounts.map((amount) => toPost(expense({ amountMinor: minor(amount) })))
  await failureOf(quickbooks.post(access, 'r1', items))
  await failureOf(quickbooks.post(access, 'r1', items))
  expect(bodies[1]).toBe(bodies[0])
  const written = [...(bodies[0] ?? '').matchAll(/"Amount":([\d.]+)/g)].map((match) => match[1])
  expect(written).toEqual(['0.01', '0.1', '0.29', '0.57', '1.1', '45.2', '1234567.89', '90071992547.4'])
})

test('a long memo and check number are cut to the limits, the marker never', async () => {
  let body = ''
  const quickbooks = await startBad((req, res) => {
    req.on('data', (part: Buffer) => (body += part.toString('utf8')))
    req.on('end', () => answer(200, { BatchItemResponse: [] })(req, res))
  })
  const item = toPost(expense({ kind: 'check', checkNumber: '1'.repeat(30), memo: `a${'😀'.repeat(3_000)}` }))
  await failureOf(quickbooks.post(access, 'r1', [item]))
  const [sent] = JSON.parse(body).BatchItemRequest
  expect(sent.Purchase.DocNumber).toBe('1'.repeat(21))
  expect(sent.Purchase.PrivateNote.length).toBeLessThanOrEqual(4_000)
  expect(sent.Purchase.PrivateNote).toMatch(new RegExp(`😀\\n\\[ledgersync ${item.pushId}\\]$`, 'u'))
})

describe('against the books', () => {
  let quickbooks: Quickbooks
  let company: CompanyAccess
  let ids: Map<string, string>

  beforeAll(async () => {
    const env = network.env
    const settings = { clientId: env.INTUIT_CLIENT_ID ?? '', clientSecret: env.INTUIT_CLIENT_SECRET ?? '' }
    quickbooks = createQuickbooks(configOf(network.intuit.url, settings), freePace)
    const back = await network.intuit.completeAuthorization(quickbooks.authorizeUrl('state-1'), 'Quarry Lane Bakery')
    const parameters = new URL(back).searchParams
    expect(parameters.get('state')).toBe('state-1')
    const tokens = await quickbooks.exchangeCode(parameters.get('code') ?? '')
    expect(tokens.accessTokenExpiresAt.getTime()).toBeGreaterThan(Date.now() + 3_500_000)
    expect(tokens.refreshTokenExpiresAt.getTime()).toBeGreaterThan(Date.now() + 100 * 24 * 3_600_000)
    company = { realmId: parameters.get('realmId') ?? '', accessToken: tokens.accessToken }
    network.intuit.addVendor(company.realmId, 'Gulf Coast Fuels')
    network.intuit.addAccount(company.realmId, { name: 'Company Card', type: 'Credit Card' })
    const accounts = await quickbooks.accounts(company)
    const vendors = await quickbooks.vendors(company)
    ids = new Map([...vendors, ...accounts].map((row) => [row.name, row.providerId]))
  })

  const idOf = (name: string): string => {
    const id = ids.get(name)
    if (id === undefined) throw new Error(`The books have no ${name}, only ${[...ids.keys()].join(', ')}`)
    return id
  }
  const firstOf = async (type: string): Promise<string> => {
    const found = (await quickbooks.accounts(company)).find((account) => account.type === type)
    if (found === undefined) throw new Error(`No account of type ${type}`)
    return found.providerId
  }
  const postedId = (outcome: PostOutcome | undefined): string => {
    if (outcome === undefined || !('posted' in outcome)) throw new Error(`Not posted: ${JSON.stringify(outcome)}`)
    return outcome.posted.providerEntryId
  }

  test('the company, its accounts and vendors are read in our words, inactive ones too', async () => {
    expect(await quickbooks.company(company)).toEqual({ name: 'Quarry Lane Bakery', homeCurrency: 'USD', closedThrough: null })
    network.intuit.closeBooks(company.realmId, '2025-12-31')
    expect((await quickbooks.company(company)).closedThrough).toBe('2025-12-31')
    network.intuit.closeBooks(company.realmId, null)
    const closing = network.intuit.addVendor(company.realmId, 'Closing Soon Ltd')
    network.intuit.makeInactive(company.realmId, 'Vendor', closing)
    const vendors = await quickbooks.vendors(company)
    expect(vendors.find(({ providerId }) => providerId === closing)).toMatchObject({ active: false })
    expect(vendors.find(({ name }) => name === 'Gulf Coast Fuels')).toMatchObject({ active: true })
    const bank = (await quickbooks.accounts(company)).find(({ type }) => type === 'Bank')
    expect(bank).toMatchObject({ classification: 'asset', currency: 'USD', active: true })
  })

  test('lists longer than a page are read whole, once each', async () => {
    const realmId = network.intuit.addCompany('Thousand Vendors')
    for (let index = 0; index < 2_003; index++) network.intuit.addVendor(realmId, `Vendor number ${index}`)
    const back = new URL(await network.intuit.completeAuthorization(quickbooks.authorizeUrl('s'), realmId)).searchParams
    const { accessToken } = await quickbooks.exchangeCode(back.get('code') ?? '')
    const vendors = await quickbooks.vendors({ realmId, accessToken })
    expect(new Set(vendors.map(({ providerId }) => providerId)).size).toBe(vendors.length)
    expect(vendors.filter(({ name }) => name.startsWith('Vendor number')).length).toBe(2_003)
  }, 60_000)

  test('every kind of entry stands in the books as it was meant', async () => {
    const [bank, card, target] = [await firstOf('Bank'), idOf('Company Card'), await firstOf('Expense')]
    const vendorId = idOf('Gulf Coast Fuels')
    const line = [{ accountId: target, amountMinor: minor(4_520), description: 'GULF COAST FUELS 4417' }]
    const of = (kind: Entry['kind'], accountId: string, more: Partial<Entry> = {}) =>
      toPost(expense({ kind, accountId, vendorId, lines: line, ...more }))
    const items = [
      of('expense', bank),
      of('check', bank, { checkNumber: '1042' }),
      of('card_charge', card),
      of('card_credit', card),
      of('deposit', bank),
    ]
    const outcomes = await quickbooks.post(company, randomUUID(), items)
    const entries = network.intuit.entries(company.realmId)
    const seen = outcomes.map((outcome) => {
      const entity = 'posted' in outcome ? outcome.posted.entity : ''
      return entries.find((entry) => entry.entity === entity && entry.id === postedId(outcome))
    })
    const common = { txnDate: '2026-10-02', totalMinor: 4_520, vendorId }
    expect(seen).toMatchObject([
      { ...common, entity: 'Purchase', paymentType: 'Cash', credit: false, accountId: bank, docNumber: null },
      { ...common, entity: 'Purchase', paymentType: 'Check', accountId: bank, docNumber: '1042' },
      { ...common, entity: 'Purchase', paymentType: 'CreditCard', credit: false, accountId: card },
      { ...common, entity: 'Purchase', paymentType: 'CreditCard', credit: true, accountId: card },
      { txnDate: '2026-10-02', totalMinor: 4_520, entity: 'Deposit', accountId: bank },
    ])
    expect(seen[4]?.lines[0]).toMatchObject({ vendorId, accountId: target, amountMinor: 4_520 })
    expect(seen.map((entry) => entry?.privateNote)).toEqual(items.map(({ pushId }) => `Fuel for the van\n[ledgersync ${pushId}]`))
    for (const [index, outcome] of outcomes.entries()) {
      const url = quickbooks.entryUrl(index === 4 ? 'Deposit' : 'Purchase', postedId(outcome), company.realmId)
      expect((await fetch(url)).status).toBe(200)
    }
    expect((await fetch(quickbooks.companyUrl(company.realmId))).status).toBe(200)
  })

  test('the same request is answered again and posts nothing twice', async () => {
    const [bank, target] = [await firstOf('Bank'), await firstOf('Expense')]
    const items = [1, 2, 3].map((amount) =>
      toPost(
        expense({
          accountId: bank,
          amountMinor: minor(amount),
          lines: [{ accountId: target, amountMinor: minor(amount), description: 'x' }],
        }),
      ),
    )
    const requestId = randomUUID()
    const before = network.intuit.entries(company.realmId).length
    const first = await quickbooks.post(company, requestId, items)
    const second = await quickbooks.post(company, requestId, items)
    expect(second).toEqual(first)
    expect(network.intuit.entries(company.realmId).length).toBe(before + 3)
  })

  test('an entry whose answer was lost is found by its marker, and no other', async () => {
    const [bank, target] = [await firstOf('Bank'), await firstOf('Expense')]
    const made = (kind: Entry['kind'], date: string) =>
      toPost(expense({ kind, date, accountId: bank, lines: [{ accountId: target, amountMinor: minor(4_520), description: 'x' }] }))
    const items = [made('expense', '2026-09-01'), made('deposit', '2026-09-01'), made('expense', '2026-09-02')]
    const never = made('expense', '2026-09-01')
    network.intuit.intercept((call) => (call.path.endsWith('/batch') ? ['cut_after'] : null))
    expect(await failureOf(quickbooks.post(company, randomUUID(), items))).toMatchObject({ outcome: 'unknown', transient: true })
    network.intuit.intercept(null)
    const found = await quickbooks.find(company, [...items, never])
    expect([...found.keys()].sort()).toEqual(items.map(({ pushId }) => pushId).sort())
    const deposit = found.get(items[1]?.pushId ?? '')
    expect(deposit).toMatchObject({ entity: 'Deposit', syncToken: '0' })
    const entry = network.intuit.entries(company.realmId).find(({ id, entity }) => id === deposit?.providerEntryId && entity === 'Deposit')
    expect(entry?.privateNote).toContain(items[1]?.pushId)
  })

  test('entries are read as they stand and deleted in the version they have, each on its own', async () => {
    const [bank, target] = [await firstOf('Bank'), await firstOf('Expense')]
    const lines = [{ accountId: target, amountMinor: minor(4_520), description: 'x' }]
    const made = [1, 2, 3, 4].map((day) =>
      toPost(expense({ kind: day === 4 ? 'deposit' : 'expense', date: `2026-08-0${day}`, accountId: bank, lines })),
    )
    const outcomes = await quickbooks.post(company, randomUUID(), made)
    const posted = outcomes.map((outcome) => {
      if (!('posted' in outcome)) throw new Error(`Not posted: ${JSON.stringify(outcome)}`)
      return outcome.posted
    })
    const [plain, edited, linked, deposit] = posted.map(({ providerEntryId }) => providerEntryId)
    network.intuit.changeEntry(company.realmId, 'Purchase', edited ?? '', { PrivateNote: 'theirs' })
    network.intuit.depositEntry(company.realmId, 'Purchase', linked ?? '', '999')
    const standing = await quickbooks.read(company, [...posted, { providerEntryId: '424242', entity: 'Purchase', syncToken: '0' }])
    expect(Object.fromEntries(standing)).toEqual({
      [plain ?? '']: { syncToken: '0', date: '2026-08-01', isLinked: false },
      [edited ?? '']: { syncToken: '1', date: '2026-08-02', isLinked: false },
      [linked ?? '']: { syncToken: '0', date: '2026-08-03', isLinked: true },
      [deposit ?? '']: { syncToken: '0', date: '2026-08-04', isLinked: false },
    })
    const removed = await quickbooks.remove(company, posted)
    expect(removed).toMatchObject([{ wasGone: false }, { refused: { code: '5010' } }, { refused: { code: '6540' } }, { wasGone: false }])
    expect(await quickbooks.remove(company, posted)).toMatchObject([{ wasGone: true }, {}, {}, { wasGone: true }])
    expect([...(await quickbooks.read(company, posted)).keys()]).toEqual([edited, linked])
  })

  test('one refused entry does not take the others with it', async () => {
    const [bank, target] = [await firstOf('Bank'), await firstOf('Expense')]
    const lines = [{ accountId: target, amountMinor: minor(4_520), description: 'x' }]
    const items = [toPost(expense({ accountId: bank, lines })), toPost(expense({ accountId: '999999', lines }))]
    const [first, second] = await quickbooks.post(company, randomUUID(), items)
    expect(first).toHaveProperty('posted')
    expect(second).toMatchObject({ refused: { code: '2500' } })
  })

  test('an expired token, a revoked grant and another company are told apart', async () => {
    const back = new URL(await network.intuit.completeAuthorization(quickbooks.authorizeUrl('s'), 'Marsh Street Florist')).searchParams
    const tokens = await quickbooks.exchangeCode(back.get('code') ?? '')
    const own = { realmId: back.get('realmId') ?? '', accessToken: tokens.accessToken }
    expect(await failureOf(quickbooks.vendors({ ...own, realmId: company.realmId }))).toMatchObject({ status: 403, outcome: 'refused' })
    network.intuit.expireAccessTokens(own.realmId)
    expect(await failureOf(quickbooks.vendors(own))).toMatchObject({ code: 'unauthorized', outcome: 'refused' })
    const renewed = await quickbooks.refresh(tokens.refreshToken)
    await quickbooks.vendors({ ...own, accessToken: renewed.accessToken })
    await quickbooks.revoke(renewed.refreshToken)
    expect(await failureOf(quickbooks.refresh(renewed.refreshToken))).toMatchObject({ code: 'invalid_grant' })
    expect(await failureOf(quickbooks.exchangeCode(back.get('code') ?? ''))).toMatchObject({ code: 'invalid_grant' })
  })
})

test('a notice is believed only with the right signature over the very bytes', () => {
  const quickbooks = createQuickbooks(configOf('http://127.0.0.1:1'), freePace)
  const body = Buffer.from('[{"type":"qbo.account.created.v1"}]')
  const signature = createHmac('sha256', 'the-verifier').update(body).digest('base64')
  expect(quickbooks.verifyWebhook(body, signature)).toBe(true)
  expect(quickbooks.verifyWebhook(Buffer.concat([body, Buffer.from(' ')]), signature)).toBe(false)
  expect(quickbooks.verifyWebhook(body, createHmac('sha256', 'another').update(body).digest('base64'))).toBe(false)
  for (const wrong of [undefined, '', 'ä', signature.slice(0, -4)]) expect(quickbooks.verifyWebhook(body, wrong)).toBe(false)
})

test('both forms of notice are read, several companies at once, and only what makes our lists old', () => {
  const event = (type: string, realmId: unknown) => ({ specversion: '1.0', type, intuitaccountid: realmId })
  const cloud = [event('qbo.account.created.v1', '1'), event('qbo.vendor.updated.v1', '2'), event('qbo.purchase.created.v1', '3')]
  expect(readIntuitWebhook(Buffer.from(JSON.stringify([...cloud, event('qbo.vendor.deleted.v1', '1')])))).toEqual({ realmIds: ['1', '2'] })
  const entities = (...names: string[]) => ({ entities: names.map((name) => ({ name, id: '5', operation: 'Create' })) })
  const legacy = {
    eventNotifications: [
      { realmId: '7', dataChangeEvent: entities('Purchase', 'Vendor') },
      { realmId: '8', dataChangeEvent: entities('Deposit') },
    ],
  }
  expect(readIntuitWebhook(Buffer.from(JSON.stringify(legacy)))).toEqual({ realmIds: ['7'] })
  for (const odd of [
    '',
    '{',
    'null',
    '[null, 3, {"type": 4}]',
    '{"eventNotifications": [null, {}]}',
    JSON.stringify([event('qbo.account.created.v1', 5)]),
  ]) {
    expect(readIntuitWebhook(Buffer.from(odd))).toEqual({ realmIds: [] })
  }
})
