import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { byId, connect, Copy, errorOf, openStage, plaidClient, type Stage, verifyWebhook } from './plaid-client.ts'
import { startReceiver } from './receiver.ts'

let stage: Stage

beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

test('two years of a good user come page by page, whole', async () => {
  const { accessToken, itemId } = await connect(stage)
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken, 10)
  const truth = stage.bank.transactions(itemId)
  expect(truth.length).toBeGreaterThan(100)
  expect(copy.pages).toBe(Math.ceil(truth.length / 10))
  expect(byId(copy.rows.values())).toEqual(byId(truth))
  expect(truth.filter((row) => row.pending).length).toBeGreaterThanOrEqual(3)
  expect(truth.some((row) => row.check_number !== null)).toBe(true)
  expect(truth.some((row) => row.amount < 0 && row.name.includes('REFUND'))).toBe(true)
  const out = truth.filter((row) => row.name === 'TRANSFER TO SAVINGS').map((row) => `${row.date} ${row.amount}`)
  expect(truth.filter((row) => row.name === 'TRANSFER FROM CHECKING').map((row) => `${row.date} ${-row.amount}`)).toEqual(out)
  const { data } = await stage.plaid.accountsGet({ access_token: accessToken })
  expect(data.accounts.map(({ subtype, persistent_account_id: id }) => [subtype, id?.length])).toEqual([
    ['checking', 56],
    ['savings', 56],
    ['credit card', 56],
  ])
  const again = await copy.sync(stage.plaid, accessToken)
  expect(again).toEqual({ added: [], modified: [], removed: [] })
})

test('only as many days are seen as were asked for, 90 unless said', async () => {
  const { accessToken, itemId } = await connect(stage, 'user_good', 'pass_good', { transactions: {} })
  await new Copy().sync(stage.plaid, accessToken)
  const oldest = new Date(Date.now() - 91 * 86_400_000).toISOString().slice(0, 10)
  expect(stage.bank.transactions(itemId).every((row) => row.date >= oldest)).toBe(true)
})

test('a pending row posts as a removal and an addition that points back, and moves the balance', async () => {
  const { accessToken, itemId } = await connect(stage)
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  const balance = async () => (await stage.plaid.accountsBalanceGet({ access_token: accessToken })).data.accounts[0]?.balances
  const before = await balance()
  const [pending] = stage.bank.bankSends(itemId, [{ amount: 19.99, description: 'NOODLE BARN', pending: true }])
  const held = await balance()
  expect([held?.current, Math.round((before?.available ?? 0) * 100) - Math.round((held?.available ?? 0) * 100)]).toEqual([
    before?.current,
    1999,
  ])
  await copy.sync(stage.plaid, accessToken)
  const id = pending?.transaction_id ?? ''
  expect(copy.rows.get(id)).toMatchObject({ pending: true, amount: 19.99, merchant_name: 'Noodle Barn' })
  stage.bank.post(itemId, id, { amount: 23.99 })
  const { added, modified, removed } = await copy.sync(stage.plaid, accessToken)
  expect(added).toMatchObject([{ pending: false, pending_transaction_id: id, amount: 23.99 }])
  expect(modified).toEqual([])
  expect(removed).toEqual([{ transaction_id: id, account_id: pending?.account_id }])
  const posted = await balance()
  expect(Math.round((before?.current ?? 0) * 100) - Math.round((posted?.current ?? 0) * 100)).toBe(2399)
})

test('what came and went between two looks is not mentioned, and each row comes once at its latest', async () => {
  const { accessToken, itemId } = await connect(stage)
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  const [gone, kept, old] = [
    ...stage.bank.bankSends(itemId, [
      { amount: 1, description: 'A' },
      { amount: 2, description: 'B' },
    ]),
    ...copy.rows.values(),
  ]
  stage.bank.remove(itemId, gone?.transaction_id ?? '')
  stage.bank.modify(itemId, kept?.transaction_id ?? '', { amount: 3 })
  stage.bank.modify(itemId, old?.transaction_id ?? '', { description: 'CORRECTED' })
  const { added, modified, removed } = await copy.sync(stage.plaid, accessToken)
  expect(added).toMatchObject([{ name: 'B', amount: 3 }])
  expect(modified).toMatchObject([{ transaction_id: old?.transaction_id, name: 'CORRECTED' }])
  expect(removed).toEqual([])
  expect(byId(copy.rows.values())).toEqual(byId(stage.bank.transactions(itemId)))
})

test('a change in the middle of paging makes the client start again', async () => {
  const { accessToken, itemId } = await connect(stage)
  const first = await stage.plaid.transactionsSync({ access_token: accessToken, count: 20 })
  expect(first.data.has_more).toBe(true)
  stage.bank.bankSends(itemId, [{ amount: 5, description: 'LATE' }])
  const second = errorOf(stage.plaid.transactionsSync({ access_token: accessToken, count: 20, cursor: first.data.next_cursor }))
  expect(await second).toMatchObject({
    status: 400,
    body: { error_type: 'TRANSACTIONS_ERROR', error_code: 'TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION' },
  })
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken, 20)
  expect(byId(copy.rows.values())).toEqual(byId(stage.bank.transactions(itemId)))
})

test('a cursor of another item, none at all, or a count out of bounds is refused', async () => {
  const [one, two] = [await connect(stage), await connect(stage)]
  const { data } = await stage.plaid.transactionsSync({ access_token: one.accessToken, count: 500 })
  for (const cursor of [data.next_cursor, 'bm9uc2Vuc2U=', 'x'.repeat(300)]) {
    expect(await errorOf(stage.plaid.transactionsSync({ access_token: two.accessToken, cursor }))).toMatchObject({
      status: 400,
      body: { error_type: 'INVALID_REQUEST', error_code: 'INVALID_FIELD' },
    })
  }
  for (const count of [0, 501, 1.5]) {
    expect(await errorOf(stage.plaid.transactionsSync({ access_token: one.accessToken, count }))).toMatchObject({
      body: { error_code: 'INVALID_FIELD' },
    })
  }
  expect(
    await errorOf(stage.plaid.transactionsSync({ access_token: 'access-sandbox-00000000-0000-4000-a000-000000000000' })),
  ).toMatchObject({ body: { error_code: 'INVALID_ACCESS_TOKEN' } })
})

test('an old cursor still leads to the present', async () => {
  const { accessToken, itemId } = await connect(stage)
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  const old = copy.cursor
  stage.bank.bankSends(itemId, [{ amount: 1, description: 'A' }])
  await copy.sync(stage.plaid, accessToken)
  copy.cursor = old
  expect((await copy.sync(stage.plaid, accessToken)).added).toMatchObject([{ name: 'A' }])
})

test('the original description comes only when it is asked for, and one account has a stream of its own', async () => {
  const { accessToken } = await connect(stage)
  const plain = await stage.plaid.transactionsSync({ access_token: accessToken, count: 1 })
  expect(plain.data.added[0]?.original_description).toBeNull()
  const account = plain.data.accounts[1]?.account_id ?? ''
  const savings = await stage.plaid.transactionsSync({ access_token: accessToken, count: 500, options: { account_id: account } })
  expect(new Set(savings.data.added.map((row) => row.account_id))).toEqual(new Set([account]))
  expect(await errorOf(stage.plaid.transactionsSync({ access_token: accessToken, cursor: savings.data.next_cursor }))).toMatchObject({
    body: { error_code: 'INVALID_FIELD' },
  })
})

test('no sync webhook goes out before the first sync; then each change brings one', async () => {
  const { accessToken, itemId } = await connect(stage)
  stage.bank.bankSends(itemId, [{ amount: 1, description: 'A' }])
  const before = await stage.webhooks()
  expect(before).not.toContain('TRANSACTIONS/SYNC_UPDATES_AVAILABLE')
  expect(before).toEqual(
    expect.arrayContaining(['TRANSACTIONS/INITIAL_UPDATE', 'TRANSACTIONS/HISTORICAL_UPDATE', 'TRANSACTIONS/DEFAULT_UPDATE']),
  )
  await stage.plaid.transactionsSync({ access_token: accessToken })
  stage.bank.bankSends(itemId, [{ amount: 1, description: 'B' }])
  expect(await stage.bodies('SYNC_UPDATES_AVAILABLE')).toEqual([
    {
      webhook_type: 'TRANSACTIONS',
      webhook_code: 'SYNC_UPDATES_AVAILABLE',
      item_id: itemId,
      environment: 'sandbox',
      initial_update_complete: true,
      historical_update_complete: true,
    },
  ])
})

test('a new item is not ready at first, then has 30 days, then everything', async () => {
  let nowMs = Date.parse('2026-03-20T12:00:00Z')
  const slow = await openStage({ firstSyncReadyMs: 60_000, now: () => new Date(nowMs) })
  const { accessToken, itemId } = await connect(slow)
  const look = async (cursor?: string) =>
    (await slow.plaid.transactionsSync({ access_token: accessToken, count: 500, ...(cursor ? { cursor } : {}) })).data
  expect(await look()).toMatchObject({ transactions_update_status: 'NOT_READY', next_cursor: '', added: [], has_more: false })
  nowMs += 61_000
  const initial = await look()
  expect(initial.transactions_update_status).toBe('INITIAL_UPDATE_COMPLETE')
  expect(initial.added.every((row) => row.date >= '2026-02-18')).toBe(true)
  nowMs += 60_000
  const rest = await look(initial.next_cursor)
  expect(rest.transactions_update_status).toBe('HISTORICAL_UPDATE_COMPLETE')
  expect(initial.added.length + rest.added.length).toBe(slow.bank.transactions(itemId).length)
  expect((await slow.bodies('SYNC_UPDATES_AVAILABLE')).map((body) => body.historical_update_complete)).toEqual([false, true])
  await slow.close()
})

test('a dynamic user grows at each refresh', async () => {
  const { accessToken } = await connect(stage, 'user_transactions_dynamic', 'anything')
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  await stage.plaid.transactionsRefresh({ access_token: accessToken })
  expect((await copy.sync(stage.plaid, accessToken)).added.length).toBeGreaterThan(0)
  const today = new Date().toISOString().slice(0, 10)
  const row = { date_transacted: today, date_posted: today, amount: 12.34, description: 'MADE BY HAND' }
  await stage.plaid.sandboxTransactionsCreate({ access_token: accessToken, transactions: [row] })
  expect((await copy.sync(stage.plaid, accessToken)).added).toMatchObject([{ amount: 12.34, name: 'MADE BY HAND', pending: false }])
})

test('books, cursors and the signing key outlive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'plaid-'))
  const first = await openStage({ dataDir })
  const { accessToken, itemId } = await connect(first)
  const copy = new Copy()
  await copy.sync(first.plaid, accessToken)
  const truth = first.bank.transactions(itemId)
  await first.bank.settled()
  await first.close()
  const second = await openStage({ dataDir })
  expect(second.bank.transactions(itemId)).toEqual(truth)
  expect(await copy.sync(second.plaid, accessToken)).toEqual({ added: [], modified: [], removed: [] })
  const delivered = first.receiver.received[0]
  await verifyWebhook(second.plaid, String(delivered?.headers['plaid-verification']), delivered?.body ?? '')
  await second.close()
  rmSync(dataDir, { recursive: true })
})

test('a webhook is repeated until it is taken, with the same body', async () => {
  const picky = await startReceiver((_received, index) => ({ status: index === 0 ? 500 : 200 }))
  const { accessToken } = await connect(stage)
  await stage.bank.settled()
  await stage.plaid.itemWebhookUpdate({ access_token: accessToken, webhook: picky.url })
  await stage.bank.settled()
  expect(picky.received.map((one) => one.body)).toEqual([picky.received[0]?.body, picky.received[0]?.body])
  await picky.close()
})

test('the powers of the bank are there over HTTP too', async () => {
  const { accessToken, itemId } = await connect(stage)
  const copy = new Copy()
  await copy.sync(stage.plaid, accessToken)
  const press = async (name: string, body: object = {}) => {
    const answer = await fetch(`${stage.bank.url}/_emulator/items/${itemId}/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    // The emulator's own answers: the rows a button brought about
    return { status: answer.status, body: (await answer.json()) as { transactions?: unknown[] } }
  }
  expect((await press('send-transactions', { rows: [{ amount: 7, description: 'BY HAND', pending: true }] })).status).toBe(200)
  expect((await copy.sync(stage.plaid, accessToken)).added).toMatchObject([{ name: 'BY HAND', pending: true }])
  expect((await press('send-transactions')).body.transactions?.length).toBeGreaterThanOrEqual(2)
  await press('post-pending')
  await copy.sync(stage.plaid, accessToken)
  expect([...copy.rows.values()].filter((row) => row.pending)).toEqual([])
  await press('break-login')
  const listed: unknown = await (await fetch(`${stage.bank.url}/_emulator/items`)).json()
  expect(listed).toMatchObject({ items: [{ id: itemId, status: 'login_required' }] })
  await press('repair')
  expect(stage.bank.items()).toMatchObject([{ status: 'healthy' }])
  expect((await press('no-such-thing')).status).toBe(400)
  await fetch(`${stage.bank.url}/_emulator/reset`, { method: 'POST' })
  expect(stage.bank.items()).toEqual([])
  await expect(plaidClient(stage.bank.url).accountsGet({ access_token: accessToken })).rejects.toThrow()
})
