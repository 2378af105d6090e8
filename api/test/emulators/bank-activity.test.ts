import type { PlaidEmulator, PlaidTransaction } from '@ledgersync/emulators/plaid'
import { byId, connect, Copy, openStage, type Stage } from './plaid-client.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ syncPageMax: 40 })
})
afterAll(() => stage.close())
beforeEach(() => stage.bank.reset())

const configuration = JSON.stringify({
  override_accounts: [
    { type: 'depository', subtype: 'checking', starting_balance: 1000 },
    { type: 'credit', subtype: 'credit card', starting_balance: 50 },
  ],
})

/** What must be the same when a schedule is replayed: everything but the ids. */
function withoutIds(rows: PlaidTransaction[]): unknown[] {
  const order = new Map(rows.map((row, at) => [row.transaction_id, at]))
  return rows.map(({ transaction_id: _id, account_id: _account, pending_transaction_id: pointer, ...row }) => ({
    ...row,
    pointer: pointer === null ? null : (order.get(pointer) ?? 'gone'),
  }))
}

const connectEmpty = () => connect(stage, 'user_custom', configuration)

/** Minor units, for sums must not gather dust. */
const minor = (amount: number): number => Math.round(amount * 100)

test('the same seed does the same, another seed does something else', async () => {
  const run = async (seed: number) => {
    const { itemId } = await connectEmpty()
    const counts = stage.bank.act(itemId, { seed, steps: 400, rowsMax: 150 })
    return { counts, rows: withoutIds(stage.bank.transactions(itemId)) }
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  expect(again).toEqual(first)
  expect(other.rows).not.toEqual(first.rows)
})

test('all kinds of changes come about, to the cent, in both directions and within the bound', async () => {
  const { itemId } = await connectEmpty()
  const counts = stage.bank.act(itemId, { seed: 3, steps: 600, rowsMax: 300 })
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20)
  const rows = stage.bank.transactions(itemId)
  expect(rows.length).toBeLessThanOrEqual(300)
  expect(rows.length).toBeGreaterThan(200)
  expect(rows.every(({ amount }) => Number.isInteger(minor(amount)) && amount === minor(amount) / 100 && amount !== 0)).toBe(true)
  expect([rows.some(({ amount }) => amount < 0), rows.some(({ amount }) => amount > 1000)]).toEqual([true, true])
  const posted = rows.filter((row) => !row.pending)
  expect(posted.some((row) => row.pending_transaction_id !== null)).toBe(true)
  expect(rows.some((row) => row.pending)).toBe(true)
})

test('a client that folds the pages has what the bank has, balances included, over many updates', async () => {
  const { itemId, accessToken } = await connectEmpty()
  const copy = new Copy()
  const opening = balances(stage.bank, itemId)
  for (let seed = 1; seed <= 12; seed++) {
    stage.bank.act(itemId, { seed, steps: 60, rowsMax: 120 })
    if (seed % 3 > 0) await copy.sync(stage.plaid, accessToken, 500)
    if (seed % 3 === 1) expect(byId(copy.rows.values())).toEqual(byId(stage.bank.transactions(itemId)))
  }
  await copy.sync(stage.plaid, accessToken, 17)
  expect(byId(copy.rows.values())).toEqual(byId(stage.bank.transactions(itemId)))
  expect(copy.pages).toBeGreaterThan(12)
  const moved = Object.fromEntries(Object.keys(opening).map((id) => [id, 0]))
  for (const row of copy.rows.values()) if (!row.pending) moved[row.account_id] = (moved[row.account_id] ?? 0) + minor(row.amount)
  const closing = balances(stage.bank, itemId)
  for (const [id, { current, owes }] of Object.entries(opening)) {
    expect(closing[id]?.current).toBe(current + (owes ? 1 : -1) * (moved[id] ?? 0))
  }
})

function balances(bank: PlaidEmulator, itemId: string): Record<string, { current: number; owes: boolean }> {
  const item = bank.items().find((each) => each.itemId === itemId)
  const accounts = (item?.accounts ?? []).map(({ accountId, current, type }) => [
    accountId,
    { current: minor(current), owes: type === 'credit' },
  ])
  return Object.fromEntries(accounts)
}

test('one update is announced for all of it, and it works over HTTP', async () => {
  const { itemId, accessToken } = await connectEmpty()
  await new Copy().sync(stage.plaid, accessToken)
  await stage.webhooks()
  stage.receiver.received.length = 0
  const answer = await fetch(`${stage.bank.url}/_emulator/items/${itemId}/act`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seed: 1, steps: 300, rowsMax: 100 }),
  })
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ added: expect.any(Number) })])
  expect((await stage.webhooks()).sort()).toEqual([
    'TRANSACTIONS/DEFAULT_UPDATE',
    'TRANSACTIONS/SYNC_UPDATES_AVAILABLE',
    'TRANSACTIONS/TRANSACTIONS_REMOVED',
  ])
  expect(stage.bank.act(itemId, { seed: 1, steps: 0, rowsMax: 100 })).toMatchObject({ added: 0, modified: 0 })
  expect(await stage.webhooks()).toHaveLength(3)
  expect(() => stage.bank.act('none', { seed: 1, steps: 1, rowsMax: 1 })).toThrow('There is no item none')
})
