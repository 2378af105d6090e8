import { createHash } from 'node:crypto'
import { connections } from '@ledgersync/shared/connections'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { rulesTable } from '../src/db/schema/ledger.ts'
import { createPlaid } from '../src/providers/plaid/client.ts'
import { foldPages } from '../src/sync/batch.ts'
import { syncConnection } from '../src/sync/jobs.ts'
import {
  bothBooks,
  customAccount,
  type CustomRow,
  customUser,
  daysAgo,
  linkBank,
  type LinkedBank,
  newestVisit,
  signInAtBank,
  type StoredRow,
  storedRows,
} from './bank-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { freePace } from './free-pace.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let dana: Person
let clientId: string
beforeAll(async () => {
  // Hundreds of syncs of one bank within seconds are this file's own
  product = await startTestApp({}, { network: { plaid: { limits: { '/transactions/sync': {} } } } })
})
beforeEach(async () => {
  dana = await makeFirm(product)
  clientId = await makeClient(product, dana)
})
afterEach(() => {
  product.deps.plaid = createPlaid(product.config.plaid, product.deps.pace)
})
afterAll(() => product.close())

const checking = { type: 'depository', subtype: 'checking', starting_balance: 1000.01, meta: { name: 'Operating', mask: '4421' } }
const bankOf = (...rows: CustomRow[]): Promise<LinkedBank> => linkBank(product, dana, clientId, customUser(customAccount(checking, rows)))
const payloadOf = (bank: LinkedBank) => ({ firmId: dana.firmId, connectionId: bank.connectionId })
const row = async (bank: LinkedBank, tid: string, withdrawn = true): Promise<StoredRow | undefined> =>
  (await storedRows(product, bank.connectionId, withdrawn)).find((one) => one.tid === tid)
const setStage = (tid: string, stage: string) =>
  product.admin.query(
    "update transactions set stage = $2, approved_at = case when $2 = 'open' then null else now() end where provider_transaction_id = $1",
    [tid, stage],
  )
const expectSameBooks = async (bank: LinkedBank): Promise<number> => {
  const { ours, theirs } = await bothBooks(product, bank)
  expect(ours).toEqual(theirs)
  return ours.length
}

test('every account and row of a custom user arrives to the cent: card, loan, refund, pending, foreign and odd amounts', async () => {
  const rows: CustomRow[] = [
    { amount: 12.34, description: 'COFFEE', date: daysAgo(1) },
    { amount: -2500, description: 'PAYROLL', date: daysAgo(40) },
    { amount: 19.99, description: 'PENDING SHOP', posted: false },
    { amount: 1500, description: 'TOKYO HOTEL', currency: 'JPY' },
    { amount: 9.9, description: 'PARIS CAFE', currency: 'EUR' },
    { amount: 0.00012345, description: 'COIN', currency: 'BTC' },
    { amount: 0, description: 'ZERO' },
    { amount: 1.005, description: 'ODD OUT' },
    { amount: -0.001, description: 'ODD IN' },
    { amount: 0.1 + 0.2, description: 'FLOAT' },
    { amount: 9999999.99, description: 'BIG' },
    { amount: 5, description: 'O\'BRIEN "QUOTED" \\ 100% – ünïcode 漢字', date: daysAgo(700) },
  ]
  const bank = await linkBank(
    product,
    dana,
    clientId,
    customUser(
      customAccount(checking, rows),
      customAccount(
        { type: 'credit', subtype: 'credit card', starting_balance: 433.7, meta: { name: 'Card', mask: '7788', limit: 5000 } },
        [
          { amount: 86.13, description: 'FUEL' },
          { amount: -86.13, description: 'FUEL REFUND' },
        ],
      ),
      customAccount({ type: 'loan', subtype: 'loan', starting_balance: 12000, meta: { name: 'Truck loan', mask: '9001' } }),
    ),
  )
  const stored = await storedRows(product, bank.connectionId)
  expect(Object.fromEntries(stored.map((one) => [one.description, [one.amount, one.currency, one.stage, one.inexact]]))).toEqual({
    COFFEE: [-1234, 'USD', 'open', null],
    PAYROLL: [250_000, 'USD', 'open', null],
    'PENDING SHOP': [-1999, 'USD', 'pending', null],
    'TOKYO HOTEL': [-1500, 'JPY', 'open', null],
    'PARIS CAFE': [-990, 'EUR', 'open', null],
    COIN: [-12_345, 'BTC', 'open', null],
    ZERO: [0, 'USD', 'open', null],
    'ODD OUT': [-101, 'USD', 'open', '-1.005'],
    'ODD IN': [1, 'USD', 'open', '0.001'],
    FLOAT: [-31, 'USD', 'open', '-0.30000000000000004'],
    BIG: [-999_999_999, 'USD', 'open', null],
    'O\'BRIEN "QUOTED" \\ 100% – ünïcode 漢字': [-500, 'USD', 'open', null],
    FUEL: [-8613, 'USD', 'open', null],
    'FUEL REFUND': [8613, 'USD', 'open', null],
  })
  const accounts = (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items[0]?.accounts
  expect(accounts?.map((account) => [account.name, account.kind, account.balanceMinor])).toEqual([
    ['Operating', 'bank', 100_001],
    ['Card', 'card', -43_370],
    ['Truck loan', 'other', -1_200_000],
  ])
})

test('rows asked for while a look at an unfinished history is under way are looked for at once after it', async () => {
  const bank = await bankOf({ amount: 1, description: 'FIRST' })
  const real = product.deps.plaid
  let looks = 0
  product.deps.plaid = {
    ...real,
    async syncPage(accessToken, cursor) {
      looks += 1
      if (looks === 1) await product.call(connections.sync, { params: { clientId } }, dana)
      return { ...(await real.syncPage(accessToken, cursor)), historyComplete: false }
    },
  }
  await product.call(connections.sync, { params: { clientId } }, dana)
  expect(await product.drain()).toEqual([])
  expect(looks).toBe(2)
  await expectSameBooks(bank)
})

test('hundreds of rows arrive in pages, quickly, once, and a mutation between pages starts again', async () => {
  const rows = Array.from({ length: 1_200 }, (_, at) => ({ amount: at + 0.01, description: `ROW ${at}`, date: daysAgo(1 + (at % 20)) }))
  const real = product.deps.plaid
  let mutations = 0
  product.deps.plaid = {
    ...real,
    async syncPage(accessToken, cursor) {
      const page = await real.syncPage(accessToken, cursor)
      const item = product.network.plaid.items().find((one) => one.clientUserId === clientId)
      if (page.hasMore && mutations < 3 && item !== undefined) {
        mutations += 1
        product.network.plaid.bankSends(item.itemId, [{ amount: mutations, description: `LATE ${mutations}` }])
      }
      return page
    },
  }
  const bank = await bankOf(...rows)
  expect(mutations).toBe(3)
  expect(await expectSameBooks(bank)).toBe(1_203)
  const sent = product.network.plaid.bankSends(
    bank.itemId,
    Array.from({ length: 500 }, (_, at) => ({ amount: Number((1 + at / 100).toFixed(2)), description: `SENT ${at}` })),
  )
  const began = Date.now()
  await syncConnection(product.deps, payloadOf(bank))
  expect(Date.now() - began).toBeLessThan(5_000)
  expect(sent).toHaveLength(500)
  expect(await expectSameBooks(bank)).toBe(1_703)
})

test('a bank that changes at every page ends in a failure that is tried again, with nothing half stored', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  const cursorOf = async () =>
    (await product.admin.query<{ cursor: string }>('select cursor from connections where id = $1', [bank.connectionId])).rows[0]?.cursor
  const before = await cursorOf()
  product.network.plaid.bankSends(
    bank.itemId,
    Array.from({ length: 600 }, (_, at) => ({ amount: 1, description: `B ${at}` })),
  )
  const real = product.deps.plaid
  product.deps.plaid = {
    ...real,
    async syncPage(accessToken, cursor) {
      const page = await real.syncPage(accessToken, cursor)
      if (page.hasMore) product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'AGAIN' }])
      return page
    },
  }
  await expect(syncConnection(product.deps, payloadOf(bank))).rejects.toMatchObject({
    code: 'TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION',
  })
  expect(await cursorOf()).toBe(before)
  expect(await storedRows(product, bank.connectionId)).toHaveLength(1)
  product.deps.plaid = real
  await syncConnection(product.deps, payloadOf(bank))
  expect(await expectSameBooks(bank)).toBe(607)
})

test('the posted row takes the place of its pending one and keeps what people did to it', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  const [pending] = product.network.plaid.bankSends(bank.itemId, [{ amount: 19.99, description: 'NOODLE BARN', pending: true }])
  const pendingId = pending?.transaction_id ?? ''
  expect(await product.drain()).toEqual([])
  const before = await row(bank, pendingId)
  expect(before).toMatchObject({ stage: 'pending', amount: -1999 })
  await product.admin.query("update transactions set memo = 'lunch with Nora', memo_by = 'person' where id = $1", [before?.id])
  const posted = product.network.plaid.post(bank.itemId, pendingId, { amount: 23.99, description: 'NOODLE BARN TIP' })
  expect(await product.drain()).toEqual([])
  expect(await row(bank, pendingId)).toBeUndefined()
  expect(await row(bank, posted.transaction_id)).toMatchObject({
    id: before?.id,
    stage: 'open',
    amount: -2399,
    memo: 'lunch with Nora',
    description: 'NOODLE BARN TIP',
  })
  await expectSameBooks(bank)
})

test('a posted row that does not point back stands beside the withdrawn pending one', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  const [pending] = product.network.plaid.bankSends(bank.itemId, [{ amount: 5, description: 'NO POINTER', pending: true }])
  await product.drain()
  product.network.plaid.post(bank.itemId, pending?.transaction_id ?? '', { keepPointer: false })
  expect(await product.drain()).toEqual([])
  expect(await row(bank, pending?.transaction_id ?? '')).toMatchObject({ stage: 'removed' })
  await expectSameBooks(bank)
})

test('what the bank changes or withdraws is followed; what was approved or pushed is flagged and never deleted', async () => {
  const names = ['open', 'approved', 'pushing', 'pushed', 'failed'] as const
  const bank = await bankOf(
    ...names
      .flatMap((name) => [`${name} changed`, `${name} renamed`, `${name} gone`])
      .map((description, at) => ({ amount: at + 1, description })),
  )
  const truth = product.network.plaid.transactions(bank.itemId)
  const idOf = (description: string): string => truth.find((one) => one.name === description)?.transaction_id ?? ''
  for (const name of names) {
    for (const what of ['changed', 'renamed', 'gone']) await setStage(idOf(`${name} ${what}`), name)
    product.network.plaid.modify(bank.itemId, idOf(`${name} changed`), { amount: 77.77 })
    product.network.plaid.modify(bank.itemId, idOf(`${name} renamed`), { description: `${name} other words` })
    product.network.plaid.remove(bank.itemId, idOf(`${name} gone`))
  }
  expect(await product.drain()).toEqual([])
  const outcome = Object.fromEntries(
    await Promise.all(
      names.flatMap((name) =>
        ['changed', 'renamed', 'gone'].map(async (what) => {
          const one = await row(bank, idOf(`${name} ${what}`))
          return [`${name} ${what}`, [one?.stage, one?.changed, ...(what === 'changed' ? [one?.amount] : [])]] as const
        }),
      ),
    ),
  )
  expect(outcome).toEqual({
    'open changed': ['open', false, -7777],
    'open renamed': ['open', false],
    'open gone': ['removed', false],
    'approved changed': ['open', true, -7777],
    'approved renamed': ['approved', true],
    'approved gone': ['removed', true],
    'pushing changed': ['pushing', true, -7777],
    'pushing renamed': ['pushing', true],
    'pushing gone': ['pushing', true],
    'pushed changed': ['pushed', true, -7777],
    'pushed renamed': ['pushed', true],
    'pushed gone': ['pushed', true],
    'failed changed': ['open', true, -7777],
    'failed renamed': ['failed', true],
    'failed gone': ['removed', true],
  })
  const approved = await product.admin.query<{ approved_at: Date | null }>(
    'select approved_at from transactions where provider_transaction_id = any($1)',
    [[idOf('approved changed'), idOf('approved gone')]],
  )
  expect(approved.rows.map((one) => one.approved_at)).toEqual([null, null])
})

test('new rows are coded by the rules in the same breath', async () => {
  await withFirm(dana.ctx, (tx) =>
    tx.insert(rulesTable).values({
      firmId: dana.firmId,
      id: newId(),
      clientId: null,
      name: 'Coffee',
      priority: 1,
      active: true,
      direction: 'both',
      match: 'all',
      conditions: [{ field: 'description', operator: 'contains', value: 'COFFEE' }],
      actions: { memo: 'Drinks' },
      version: 1,
      createdAt: product.deps.now(),
      updatedAt: product.deps.now(),
    }),
  )
  const bank = await bankOf({ amount: 3, description: 'COFFEE HOUSE' }, { amount: 3, description: 'BOOKS' })
  const stored = await storedRows(product, bank.connectionId)
  expect(Object.fromEntries(stored.map((one) => [one.description, one.memo]))).toEqual({ 'COFFEE HOUSE': 'Drinks', BOOKS: null })
})

test('two syncs at once, a replay from the start and a late batch store nothing twice', async () => {
  const bank = await bankOf(...Array.from({ length: 40 }, (_, at) => ({ amount: at, description: `R ${at}` })))
  product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'NEW' }])
  await Promise.all([1, 2, 3].map(() => syncConnection(product.deps, payloadOf(bank))))
  expect(await expectSameBooks(bank)).toBe(41)
  const ids = (await storedRows(product, bank.connectionId)).map((one) => one.id)
  await product.admin.query('update connections set cursor = null where id = $1', [bank.connectionId])
  await syncConnection(product.deps, payloadOf(bank))
  expect((await storedRows(product, bank.connectionId)).map((one) => one.id)).toEqual(ids)
  expect(await product.drain()).toEqual([])
})

/** A bank whose provider was told an address of ours at which nobody is; its history has arrived all the same. */
async function linkUnheard(): Promise<LinkedBank> {
  product.deps.plaid = createPlaid({ ...product.config.plaid, webhookUrl: 'http://127.0.0.1:1/nowhere' }, product.deps.pace)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId, customUser(customAccount(checking, [{ amount: 1, description: 'OLD', date: daysAgo(50) }])))
  await product.advance(21_000)
  expect(await product.drain()).toEqual([])
  const { rows } = await product.admin.query<LinkedBank>(
    'select id as "connectionId", provider_item_id as "itemId" from connections where client_id = $1',
    [clientId],
  )
  const [bank] = rows
  if (bank === undefined) throw new Error('Not connected')
  await new Promise((resolve) => setTimeout(resolve, product.historyReadyMs))
  await product.advance(60_000)
  expect(await product.drain()).toEqual([])
  return bank
}

test('with every webhook lost the daily poll finds what is new', async () => {
  const bank = await linkUnheard()
  expect(await expectSameBooks(bank)).toBe(1)
  product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'NEW' }])
  await product.admin.query("select graphile_worker.add_job('poll_connections', '{}')")
  await product.drain()
  expect(await storedRows(product, bank.connectionId)).toHaveLength(1)
  // Within a day, each connection at an hour of its own
  await product.advance(24 * 3_600_000)
  await product.admin.query("select graphile_worker.add_job('poll_connections', '{}')")
  await product.drain()
  expect(await expectSameBooks(bank)).toBe(2)
}, 60_000)

test('when our address is another one, each bank is told so once, and new rows are heard of again', async () => {
  const bank = await linkUnheard()
  product.deps.plaid = createPlaid(product.config.plaid, product.deps.pace)
  const isTold = () =>
    product.network.plaid.items().find(({ itemId }) => itemId === bank.itemId)?.webhook === product.config.plaid.webhookUrl
  const poll = async (afterMs: number) => {
    await product.advance(afterMs)
    await product.admin.query("select graphile_worker.add_job('poll_connections', '{}')")
    expect(await product.drain()).toEqual([])
  }
  // What could not be told is tried again within the hour, not with each walk
  await poll(5 * 60_000)
  expect(isTold()).toBe(false)
  await poll(60 * 60_000)
  expect(isTold()).toBe(true)
  const told = product.network.plaid.calls.count('/item/webhook/update')
  product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'NEW' }])
  expect(await product.drain()).toEqual([])
  expect(await expectSameBooks(bank)).toBe(2)
  await poll(24 * 3_600_000)
  expect(product.network.plaid.calls.count('/item/webhook/update')).toBe(told)
}, 60_000)

test('webhooks are taken once, forged ones refused, and none makes us call the provider', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  const body = JSON.stringify({
    webhook_type: 'ITEM',
    webhook_code: 'ERROR',
    item_id: bank.itemId,
    error: { error_code: 'ITEM_LOGIN_REQUIRED' },
  })
  const post = (text: string, signature?: string) => {
    const request = product.request().post('/v1/webhooks/plaid').set('content-type', 'application/json')
    return (signature === undefined ? request : request.set('plaid-verification', signature)).send(text)
  }
  expect((await post(body)).status).toBe(403)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iat: Math.floor(Date.now() / 1000), request_body_sha256: createHash('sha256').update(body).digest('hex') }
  expect(
    (await post(body, `${part({ alg: 'ES256', kid: 'forged' })}.${part(claims)}.${Buffer.alloc(64, 1).toString('base64url')}`)).status,
  ).toBe(403)
  expect((await post(body, `${part({ alg: 'none', kid: 'forged' })}.${part(claims)}.`)).status).toBe(403)
  expect(await product.drain()).toEqual([])
  expect((await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items[0]?.health).toBe('healthy')

  const seen: string[] = []
  product.deps.plaid = {
    ...product.deps.plaid,
    verifyWebhook: async (raw, signature) =>
      signature?.startsWith('test-') ? { body: JSON.parse(raw.toString('utf8')) as Record<string, unknown>, deliveryId: signature } : null,
  }
  const calls = product.network.plaid.calls.list().length
  for (const signature of ['test-1', 'test-1', 'test-2']) {
    const { status } = await post(body, signature)
    seen.push(String(status))
  }
  expect(seen).toEqual(['200', '200', '200'])
  expect(product.network.plaid.calls.list()).toHaveLength(calls)
  const stored = await product.admin.query("select 1 from webhook_inbox where provider = 'plaid' and handled_at is null")
  expect(stored.rows).toHaveLength(2)
})

const deliver = async (body: object): Promise<void> => {
  product.deps.plaid = {
    ...product.deps.plaid,
    verifyWebhook: async (raw) => ({ body: JSON.parse(raw.toString('utf8')) as Record<string, unknown>, deliveryId: newId() }),
  }
  await product
    .request()
    .post('/v1/webhooks/plaid')
    .set('content-type', 'application/json')
    .set('plaid-verification', newId())
    .send(JSON.stringify(body))
    .expect(200)
  expect(await product.drain()).toEqual([])
}
const shown = async () => (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items[0]

test('an error told late or falsely is healed by the sync that follows it', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  await deliver({ webhook_type: 'ITEM', webhook_code: 'ERROR', item_id: bank.itemId, error: { error_code: 'ITEM_LOGIN_REQUIRED' } })
  expect(await shown()).toMatchObject({
    health: 'healthy',
    history: [{ kind: 'Reconnected', by: 'Bank' }, { kind: 'Broken (Username/Password)' }, { kind: 'Added' }],
  })
})

test('consent that is about to end needs the client until it is renewed, while rows go on arriving', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  await deliver({ webhook_type: 'ITEM', webhook_code: 'PENDING_DISCONNECT', item_id: bank.itemId, reason: 'INSTITUTION_TOKEN_EXPIRATION' })
  await deliver({ webhook_type: 'ITEM', webhook_code: 'PENDING_DISCONNECT', item_id: bank.itemId, reason: 'INSTITUTION_TOKEN_EXPIRATION' })
  product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'STILL COMING' }])
  await product.drain()
  expect(await shown()).toMatchObject({
    health: 'needs_client',
    cause: expect.stringContaining('permission ends'),
    history: [{ kind: 'Consent ends' }, { kind: 'Added' }],
  })
  expect(await expectSameBooks(bank)).toBe(2)
  await product.call(connections.repair, { params: { clientId, connectionId: bank.connectionId } }, dana)
  await newestVisit(product, dana, clientId)
  await signInAtBank(product, dana, clientId, customUser(customAccount(checking)))
  expect(await product.drain()).toEqual([])
  expect(await shown()).toMatchObject({
    health: 'healthy',
    cause: null,
    history: [{ kind: 'Reconnected', by: 'Dana Whitlock' }, { kind: 'Consent ends' }, { kind: 'Added' }],
  })
})

test('a login repaired elsewhere is reconnected by the bank', async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  product.network.plaid.breakLogin(bank.itemId)
  product.network.plaid.bankSends(bank.itemId, [{ amount: 2, description: 'MEANWHILE' }])
  expect(await product.drain()).toEqual([])
  expect(await shown()).toMatchObject({ health: 'needs_client' })
  product.network.plaid.repair(bank.itemId)
  expect(await product.drain()).toEqual([])
  expect(await shown()).toMatchObject({
    health: 'healthy',
    history: [{ kind: 'Reconnected', by: 'Bank' }, { kind: 'Broken (Username/Password)' }, { kind: 'Added' }],
  })
  await expectSameBooks(bank)
})

test("a bank that is down is not the client's trouble and is tried again within the hour", async () => {
  const bank = await bankOf({ amount: 1, description: 'A' })
  await deliver({ webhook_type: 'ITEM', webhook_code: 'LOGIN_REPAIRED', item_id: bank.itemId })
  const real = product.deps.plaid
  const { ProviderError } = await import('../src/core/errors.ts')
  product.deps.plaid = {
    ...real,
    syncPage: () =>
      Promise.reject(
        new ProviderError({
          provider: 'plaid',
          operation: 's',
          outcome: 'refused',
          status: 400,
          code: 'INSTITUTION_DOWN',
          transient: true,
        }),
      ),
  }
  await syncConnection(product.deps, payloadOf(bank))
  expect(await shown()).toMatchObject({
    health: 'bank_down',
    cause: expect.stringContaining('not answering'),
    history: [{ kind: 'Added' }],
  })
  product.deps.plaid = real
  await product.admin.query("update connections set last_attempt_at = last_attempt_at - interval '61 minutes' where id = $1", [
    bank.connectionId,
  ])
  await product.admin.query("select graphile_worker.add_job('poll_connections', '{}')")
  expect(await product.drain()).toEqual([])
  expect(await shown()).toMatchObject({ health: 'healthy', history: [{ kind: 'Added' }] })
})

test.each([1, 2, 3])(
  'whatever the bank does in whatever order, our books end as its books (seed %p)',
  async (seed) => {
    let state = seed
    const random = (below: number): number => {
      // A linear congruential generator: the same story for the same seed
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((state / 2_147_483_648) * below)
    }
    const { plaid } = product.network
    product.deps.plaid = createPlaid(product.config.plaid, freePace)
    const bank = await bankOf({ amount: 1, description: 'FIRST' })
    const cents = (): number => Number(((random(200_000) - 100_000) / 100).toFixed(2))
    for (let step = 0; step < 80; step++) {
      const rows = plaid.transactions(bank.itemId)
      const one = rows[random(rows.length)]
      const pending = rows.filter((row) => row.pending)
      const waiting = pending[random(pending.length)]
      const move = random(6)
      if (move === 0 || one === undefined)
        plaid.bankSends(bank.itemId, [{ amount: cents(), description: `SENT ${step}`, date: daysAgo(random(60)) }])
      else if (move === 1) plaid.bankSends(bank.itemId, [{ amount: cents(), description: `PENDING ${step}`, pending: true }])
      else if (move === 2 && waiting !== undefined)
        plaid.post(bank.itemId, waiting.transaction_id, { amount: cents(), keepPointer: random(3) > 0 })
      else if (move === 3) plaid.modify(bank.itemId, one.transaction_id, { amount: cents(), description: `CHANGED ${step}` })
      else if (move === 4) plaid.remove(bank.itemId, one.transaction_id)
      else await Promise.all(Array.from({ length: 1 + random(2) }, () => syncConnection(product.deps, payloadOf(bank))))
    }
    await syncConnection(product.deps, payloadOf(bank))
    await expectSameBooks(bank)
    expect(await product.drain()).toEqual([])
    await expectSameBooks(bank)
  },
  30_000,
)

test('pages fold in order: what a later page says of a row counts', () => {
  const made = (id: string, description: string) => ({
    providerTransactionId: id,
    providerAccountId: 'a',
    pending: false,
    pendingTransactionId: null,
    date: '2026-01-01',
    authorizedDate: null,
    description,
    payee: null,
    bankCategory: null,
    checkNumber: null,
    amountMinor: 1 as never,
    currency: 'USD',
    inexactAmount: null,
  })
  const page = { added: [], modified: [], removedIds: [], accounts: [], nextCursor: 'c', hasMore: true, ready: true, historyComplete: true }
  const batch = foldPages([
    { ...page, added: [made('1', 'one'), made('2', 'two')] },
    { ...page, removedIds: ['1'], modified: [made('2', 'two again')] },
    { ...page, added: [made('1', 'one is back')], removedIds: ['2'], hasMore: false, nextCursor: 'end' },
  ])
  expect([batch.rows.map((one) => one.description), batch.removedIds, batch.nextCursor]).toEqual([['one is back'], ['2'], 'end'])
  expect(foldPages([{ ...page, ready: false, nextCursor: '' }]).nextCursor).toBeNull()
})
