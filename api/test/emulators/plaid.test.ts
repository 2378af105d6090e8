import { inflateSync } from 'node:zlib'
import { credentials } from '@ledgersync/emulators/credentials'
import { CountryCode, Products, SandboxItemFireWebhookRequestWebhookCodeEnum as Fired } from 'plaid'
import { connect, errorOf, linkRequest, openStage, plaidClient, type Stage, verifyWebhook } from './plaid-client.ts'

let stage: Stage

beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

test('a hosted link leads to an item whose webhooks are told of and signed', async () => {
  const { itemId, linkToken, publicToken } = await connect(stage)
  expect(linkToken).toMatch(/^link-sandbox-[0-9a-f-]{36}$/)
  expect(publicToken).toMatch(/^public-sandbox-[0-9a-f-]{36}$/)
  expect(itemId).toMatch(/^[0-9A-Za-z]{37}$/)
  expect(stage.bank.items()).toMatchObject([
    { itemId, status: 'healthy', clientUserId: 'client-7', institutionName: 'First Platypus Bank' },
  ])

  const [finished] = await stage.bodies('SESSION_FINISHED')
  expect(finished).toMatchObject({
    webhook_type: 'LINK',
    status: 'SUCCESS',
    link_token: linkToken,
    public_tokens: [publicToken],
    environment: 'sandbox',
  })
  expect(finished).not.toHaveProperty('item_id')
  const [events] = await stage.bodies('EVENTS')
  expect(JSON.stringify(events)).toMatch(/OPEN.*SELECT_INSTITUTION.*SUBMIT_CREDENTIALS.*HANDOFF/)

  for (const { headers, body } of stage.receiver.received) await verifyWebhook(stage.plaid, String(headers['plaid-verification']), body)
  const first = stage.receiver.received[0]
  await expect(verifyWebhook(stage.plaid, String(first?.headers['plaid-verification']), `${first?.body} `)).rejects.toThrow(
    'wrong body hash',
  )
})

test('a public token is good once and for 30 minutes', async () => {
  const { publicToken } = await connect(stage)
  expect(await errorOf(stage.plaid.itemPublicTokenExchange({ public_token: publicToken }))).toMatchObject({
    status: 400,
    body: { error_code: 'INVALID_PUBLIC_TOKEN' },
  })

  let nowMs = Date.parse('2026-03-01T12:00:00Z')
  const later = await openStage({ now: () => new Date(nowMs) })
  const created = await later.plaid.sandboxPublicTokenCreate({ institution_id: 'ins_109508', initial_products: [Products.Transactions] })
  nowMs += 31 * 60_000
  expect(await errorOf(later.plaid.itemPublicTokenExchange({ public_token: created.data.public_token }))).toMatchObject({
    body: { error_code: 'INVALID_PUBLIC_TOKEN' },
  })
  await later.close()
})

test('every answer has a request id and wrong keys are refused', async () => {
  const search = { query: 'platypus', products: [Products.Transactions], country_codes: [CountryCode.Us] }
  const { data } = await stage.plaid.institutionsSearch(search)
  expect(data.request_id).toMatch(/^[0-9A-Za-z]{15}$/)
  const refused = await errorOf(plaidClient(stage.bank.url, { clientId: 'someone', secret: 'else' }).institutionsSearch(search))
  expect(refused).toMatchObject({
    status: 400,
    body: { error_type: 'INVALID_INPUT', error_code: 'INVALID_API_KEYS', display_message: null, request_id: expect.any(String) },
  })
  const inBody = await fetch(`${stage.bank.url}/institutions/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...search, client_id: 'someone', secret: 'else' }),
  })
  expect(inBody.status).toBe(400)
})

test('an endpoint that is not emulated says so by name, in the shape of an error', async () => {
  expect(await errorOf(stage.plaid.identityGet({ access_token: 'access-sandbox-x' }))).toMatchObject({
    status: 501,
    body: { error_message: 'The Plaid emulator does not implement POST /identity/get', request_id: expect.any(String) },
  })
})

test.each([
  ['nothing at all', {}, 'MISSING_FIELDS'],
  ['a phone that is not E.164', { user: { client_user_id: 'c', phone_number: '415 555 0123' } }, 'INVALID_FIELD'],
  ['no user', { user: undefined }, 'MISSING_FIELDS'],
  ['a product twice', { optional_products: ['transactions'] }, 'INVALID_FIELD'],
  ['a product nobody has', { products: ['gossip'] }, 'INVALID_FIELD'],
  ['no products', { products: [] }, 'MISSING_FIELDS'],
  ['0 days', { transactions: { days_requested: 0 } }, 'INVALID_FIELD'],
  ['731 days', { transactions: { days_requested: 731 } }, 'INVALID_FIELD'],
  ['a life of 22 days', { hosted_link: { url_lifetime_seconds: 22 * 86_400 } }, 'INVALID_FIELD'],
  ['a life of no time', { hosted_link: { url_lifetime_seconds: 0 } }, 'INVALID_FIELD'],
  ['a script as completion address', { hosted_link: { completion_redirect_uri: 'javascript:alert(1)' } }, 'INVALID_FIELD'],
  ['a language nobody speaks', { language: 'xx' }, 'INVALID_FIELD'],
  ['a field nobody knows', { wishes: true }, 'UNKNOWN_FIELDS'],
  ['several banks without a user', { enable_multi_item_link: true }, 'INVALID_FIELD'],
  ['statements without dates', { products: ['statements'] }, 'MISSING_FIELDS'],
])('a link token is refused for %s', async (name, change, code) => {
  const body = name === 'nothing at all' ? {} : { ...linkRequest(stage), ...change }
  const answer = await fetch(`${stage.bank.url}/link/token/create`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'plaid-client-id': credentials.plaid.clientId,
      'plaid-secret': credentials.plaid.secret,
    },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error_type: 'INVALID_REQUEST', error_code: code })
})

test('link tokens live as long as they should', async () => {
  const lifeMs = async (more: object) => {
    const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage, more))
    return Math.round((Date.parse(data.expiration) - Date.now()) / 60_000)
  }
  expect(await lifeMs({})).toBe(30)
  expect(await lifeMs({ hosted_link: { url_lifetime_seconds: 7200 } })).toBe(120)
  expect(await lifeMs({ hosted_link: undefined })).toBe(240)
  const { accessToken } = await connect(stage)
  expect(await lifeMs({ hosted_link: undefined, products: undefined, access_token: accessToken })).toBe(30)
})

test('update mode repairs the same item, adds none, and keeps its webhook', async () => {
  const { accessToken, itemId } = await connect(stage)
  await stage.plaid.transactionsSync({ access_token: accessToken })
  await stage.plaid.sandboxItemResetLogin({ access_token: accessToken })
  expect(await errorOf(stage.plaid.transactionsSync({ access_token: accessToken }))).toMatchObject({
    status: 400,
    body: { error_type: 'ITEM_ERROR', error_code: 'ITEM_LOGIN_REQUIRED' },
  })
  expect((await stage.bodies('ERROR'))[0]).toMatchObject({
    webhook_type: 'ITEM',
    item_id: itemId,
    error: { error_code: 'ITEM_LOGIN_REQUIRED', status: 400 },
  })
  const { data: broken } = await stage.plaid.itemGet({ access_token: accessToken })
  expect(broken).toMatchObject({ item: { error: { error_code: 'ITEM_LOGIN_REQUIRED' } }, status: { last_webhook: { code_sent: 'ERROR' } } })

  const { data } = await stage.plaid.linkTokenCreate(
    linkRequest(stage, { access_token: accessToken, products: null, webhook: `${stage.receiver.url}/other` }),
  )
  await stage.bank.completeLink(data.link_token, { username: 'user_good', password: 'pass_good' })
  await stage.plaid.transactionsSync({ access_token: accessToken })
  expect(stage.bank.items()).toHaveLength(1)
  expect((await stage.plaid.itemGet({ access_token: accessToken })).data.item).toMatchObject({
    error: null,
    webhook: `${stage.receiver.url}/plaid`,
  })
  expect(await stage.webhooks()).not.toContain('ITEM/LOGIN_REPAIRED')
})

test('a login repaired elsewhere is announced', async () => {
  const { itemId } = await connect(stage)
  stage.bank.breakLogin(itemId)
  stage.bank.repair(itemId)
  expect((await stage.webhooks()).filter((name) => name.startsWith('ITEM/'))).toEqual(['ITEM/ERROR', 'ITEM/LOGIN_REPAIRED'])
})

test('a removed item and its token are dead', async () => {
  const { accessToken } = await connect(stage)
  await stage.plaid.itemRemove({ access_token: accessToken })
  expect(await errorOf(stage.plaid.accountsGet({ access_token: accessToken }))).toMatchObject({ body: { error_code: 'ITEM_NOT_FOUND' } })
  expect(stage.bank.items()).toMatchObject([{ status: 'removed', removed: true }])
})

test('error users fail in link and over the API with their code', async () => {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage))
  const attempt = stage.bank.completeLink(data.link_token, {
    institutionId: 'ins_109508',
    username: 'user_good',
    password: 'error_ITEM_LOCKED',
  })
  await expect(attempt).rejects.toThrow('locked')
  await stage.bank.exitLink(data.link_token)
  const { data: got } = await stage.plaid.linkTokenGet({ link_token: data.link_token })
  expect(got.link_sessions).toMatchObject([
    { exit: { error: { error_code: 'ITEM_LOCKED' }, metadata: { status: 'requires_credentials' } }, results: null },
  ])
  expect((await stage.bodies('SESSION_FINISHED'))[0]).toMatchObject({ status: 'EXITED', public_tokens: [] })
  expect(stage.bank.items()).toEqual([])
  const direct = stage.plaid.sandboxPublicTokenCreate({
    institution_id: 'ins_109508',
    initial_products: [Products.Transactions],
    options: { override_username: 'user_good', override_password: 'error_INSTITUTION_DOWN' },
  })
  expect(await errorOf(direct)).toMatchObject({ body: { error_type: 'INSTITUTION_ERROR', error_code: 'INSTITUTION_DOWN' } })
})

/** The steps of a Hosted Link page, pressed as forms. */
async function pressed(...steps: [action: string, fields?: Record<string, string>][]): Promise<string> {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage))
  const page = data.hosted_link_url ?? ''
  await fetch(page)
  for (const [action, fields] of steps)
    await (action.startsWith('?')
      ? fetch(page + action)
      : fetch(`${page}/${action}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' }))
  return data.link_token
}
const bank: [string, Record<string, string>] = ['institution', { institution_id: 'ins_109508' }]
const password = (text: string): [string, Record<string, string>] => ['credentials', { username: 'user_good', password: text }]

test.each([
  {
    name: 'a wrong password',
    steps: [bank, password('wrong'), ['exit']],
    exit: { exit_status: 'requires_credentials', error_code: 'INVALID_CREDENTIALS', institution_name: 'First Platypus Bank' },
    names: ['OPEN', 'SELECT_INSTITUTION', 'SUBMIT_CREDENTIALS', 'ERROR', 'EXIT'],
  },
  {
    name: 'a code that is not typed',
    steps: [bank, password('mfa_device'), ['exit']],
    exit: { exit_status: 'requires_code' },
    names: ['OPEN', 'SELECT_INSTITUTION', 'SUBMIT_CREDENTIALS', 'EXIT'],
  },
  {
    name: 'a bank that is down',
    steps: [bank, password('error_INSTITUTION_DOWN'), ['exit']],
    exit: { exit_status: 'requires_credentials', error_type: 'INSTITUTION_ERROR', error_code: 'INSTITUTION_DOWN' },
    names: ['OPEN', 'SELECT_INSTITUTION', 'SUBMIT_CREDENTIALS', 'ERROR', 'EXIT'],
  },
  {
    name: 'a search without result',
    steps: [['?query=bank+of+nowhere'], ['exit']],
    exit: { exit_status: 'institution_not_found' },
    names: ['OPEN', 'SEARCH_INSTITUTION', 'EXIT'],
  },
  {
    name: 'a search with a result, and no choice',
    steps: [['?query=platypus'], ['exit']],
    exit: { exit_status: 'requires_credentials' },
    names: ['OPEN', 'SEARCH_INSTITUTION', 'EXIT'],
  },
] as const)('a visit that ends by $name tells it by its events, by webhook and to whoever asks', async ({ steps, exit, names }) => {
  const linkToken = await pressed(...(steps as unknown as [string, Record<string, string>?][]))
  const [told] = await stage.bodies('EVENTS')
  const { data } = await stage.plaid.linkTokenGet({ link_token: linkToken })
  const events = data.link_sessions?.[0]?.events ?? []
  expect(told).toMatchObject({ link_token: linkToken, events })
  expect(told).not.toHaveProperty('item_id')
  expect(events.map((event) => event.event_name).filter((name) => name !== 'TRANSITION_VIEW')).toEqual(names)
  expect(events.at(-1)?.event_metadata).toMatchObject(exit)
  expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length)
})

test('a page that is closed ends nothing, and its events are told later; again, with those that followed', async () => {
  const linkToken = await pressed(bank)
  await stage.bank.abandonLink(linkToken)
  await stage.bank.exitLink(linkToken)
  const [first, second] = await stage.bodies('EVENTS')
  expect(JSON.stringify(first)).not.toContain('"EXIT"')
  expect(JSON.stringify(second)).toContain('"EXIT"')
  expect((await stage.bodies('SESSION_FINISHED')).length).toBe(1)
})

test('several banks in one session each give a result', async () => {
  const { data } = await stage.plaid.linkTokenCreate(linkRequest(stage, { enable_multi_item_link: true, user_id: 'usr_1' }))
  await stage.bank.completeLink(data.link_token, { institutionId: 'ins_109508', username: 'user_good', password: 'pass_good' })
  expect((await stage.webhooks()).filter((name) => name.startsWith('LINK/')).sort()).toEqual([
    'LINK/EVENTS',
    'LINK/ITEM_ADD_RESULT',
    'LINK/SESSION_FINISHED',
  ])
})

test('institutions are found by name and number, with real logos', async () => {
  const options = { include_optional_metadata: true }
  const { data } = await stage.plaid.institutionsGetById({ institution_id: 'ins_900101', country_codes: [CountryCode.Us], options })
  const png = Buffer.from(data.institution.logo ?? '', 'base64')
  expect([...png.subarray(0, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([0x89, 0x50, 0x4e, 0x47, 152, 152])
  expect(inflateSync(png.subarray(41, png.length - 16))).toHaveLength(152 * (1 + 152 * 4))
  const all = await stage.plaid.institutionsGet({ count: 100, offset: 0, country_codes: [CountryCode.Us] })
  for (const {
    routing_numbers: [number = ''],
  } of all.data.institutions) {
    const sum = [...number].reduce((total, digit, at) => total + Number(digit) * ([3, 7, 1][at % 3] ?? 0), 0)
    expect([number, sum % 10]).toEqual([expect.stringMatching(/^\d{9}$/), 0])
  }
  const found = async (query: string) =>
    (await stage.plaid.institutionsSearch({ query, products: null, country_codes: [CountryCode.Us] })).data.institutions.map(
      ({ name }) => name,
    )
  expect(await found('harbor')).toEqual(['Harborview Bank'])
  expect(await found('no such bank')).toEqual([])
})

test('fired webhooks arrive, and only for products the item has', async () => {
  const { accessToken } = await connect(stage)
  await stage.plaid.sandboxItemFireWebhook({ access_token: accessToken, webhook_code: Fired.PendingDisconnect })
  expect((await stage.bodies('PENDING_DISCONNECT'))[0]).toMatchObject({ webhook_type: 'ITEM', reason: 'INSTITUTION_TOKEN_EXPIRATION' })
  expect(await errorOf(stage.plaid.sandboxItemFireWebhook({ access_token: accessToken, webhook_code: Fired.ProductReady }))).toMatchObject({
    body: { error_code: 'SANDBOX_PRODUCT_NOT_ENABLED' },
  })
  await stage.plaid.itemWebhookUpdate({ access_token: accessToken, webhook: `${stage.receiver.url}/moved` })
  await stage.bank.settled()
  expect(stage.receiver.received.at(-1)).toMatchObject({ url: '/moved', body: expect.stringContaining('WEBHOOK_UPDATE_ACKNOWLEDGED') })
})
