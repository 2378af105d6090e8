import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { type RuleInput, rules } from '@ledgersync/shared/rules'
import { type Transaction, transactions } from '@ledgersync/shared/transactions'
import { customAccount, type CustomRow, customUser, daysAgo, linkBank } from './bank-factories.ts'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

const checkingRows: CustomRow[] = [
  // Everyday rows: two of three out, cents of every size, over twenty days
  ...Array.from({ length: 440 }, (_, at) => ({
    amount: ((at % 3 === 0 ? -1 : 1) * (at * 137 + 1)) / 100,
    description: `EVERYDAY ${at} ${at % 3 === 0 ? 'deposit' : 'purchase'}`,
    date: daysAgo(1 + (at % 20)),
  })),
  { amount: 0.01, description: 'ONE CENT' },
  { amount: 9_999_999.99, description: 'MACHINE' },
  { amount: -1_234_567.89, description: 'BUILDING SOLD' },
  { amount: 12.34, description: 'SAME TWICE' },
  { amount: 12.34, description: 'SAME TWICE' },
  { amount: 5, description: 'O\'BRIEN & <b>SONS</b> "Q" ünïcode 漢字 🏦' },
  { amount: 19.99, description: 'PENDING SHOP', posted: false },
  { amount: -77, description: 'PENDING REFUND', posted: false },
  { amount: 1500, description: 'TOKYO HOTEL', currency: 'JPY' },
  { amount: 9.9, description: 'PARIS CAFE', currency: 'EUR' },
  { amount: -20, description: 'BERLIN REFUND', currency: 'EUR' },
  { amount: 1.005, description: 'ODD OUT' },
  { amount: -0.001, description: 'ODD IN' },
  { amount: 0, description: 'ZERO' },
]
const cardRows: CustomRow[] = [
  ...Array.from({ length: 44 }, (_, at) => ({ amount: (at * 91 + 7) / 100, description: `CARD ${at}`, date: daysAgo(1 + (at % 9)) })),
  { amount: -86.13, description: 'CARD REFUND' },
  { amount: -500, description: 'CARD PAYMENT THANK YOU' },
  { amount: 3.3, description: 'CARD PENDING', posted: false },
]

interface World {
  dana: Person
  clientId: string
  realmId: string
  bankId: string
  cardId: string
}

async function makeWorld(): Promise<World> {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  const realmId = await connectBooks(product, dana, clientId, 'Custom User Company')
  await linkBank(
    product,
    dana,
    clientId,
    customUser(
      customAccount(
        { type: 'depository', subtype: 'checking', starting_balance: 1000, meta: { name: 'Operating', mask: '4421' } },
        checkingRows,
      ),
      customAccount(
        { type: 'credit', subtype: 'credit card', starting_balance: 433.7, meta: { name: 'Card', mask: '7788', limit: 5000 } },
        cardRows,
      ),
    ),
  )
  const { body } = await product.call(connections.listOfClient, { params: { clientId } }, dana)
  const idOf = (kind: string) => body.items[0]?.accounts.find((each) => each.kind === kind)?.id ?? ''
  return { dana, clientId, realmId, bankId: idOf('bank'), cardId: idOf('card') }
}

/** Maps both accounts and codes by one rule for money out and one for money in. */
async function codeByRules({ dana, clientId, bankId, cardId }: World): Promise<void> {
  const chart = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items
  const first = (type: string) => chart.find((each) => each.type === type && each.active)?.id ?? ''
  for (const [bankAccountId, type] of [
    [bankId, 'Bank'],
    [cardId, 'Credit Card'],
  ] as const) {
    const body = { booksAccountId: first(type), mode: 'we_post' as const }
    expect((await product.call(books.mapAccount, { params: { clientId, bankAccountId }, body }, dana)).status).toBe(200)
  }
  for (const [direction, type] of [
    ['out', 'Expense'],
    ['in', 'Income'],
  ] as const) {
    const body: RuleInput = {
      name: `All money ${direction}`,
      active: true,
      direction,
      match: 'all',
      conditions: [{ field: 'description', operator: 'not_contains', value: 'no bank writes this' }],
      actions: { booksAccountId: first(type) },
    }
    expect((await product.call(rules.create, { params: { clientId }, body }, dana)).status).toBe(201)
  }
  expect(await product.drain()).toEqual([])
}

async function rowsOf({ dana, clientId }: World): Promise<Transaction[]> {
  const found: Transaction[] = []
  let cursor: string | null = null
  do {
    const query: { clientId: string; limit: number; cursor?: string } = { clientId, limit: 200, ...(cursor !== null && { cursor }) }
    const page = await product.call(transactions.list, { query }, dana)
    found.push(...page.body.items)
    cursor = page.body.nextCursor
  } while (cursor !== null)
  return found
}

/** Ids of every row, approved as the screen does it: at most 500 at once. Answers the reason of each refused row. */
async function approveAll({ dana }: World, rows: Transaction[]): Promise<Map<string, string>> {
  const refused = new Map<string, string>()
  const ids = rows.map(({ id }) => id)
  expect((await product.call(review.approve, { body: { transactionIds: ids.slice(0, 501) } }, dana)).status).toBe(400)
  for (let from = 0; from < ids.length; from += 500) {
    const { status, body } = await product.call(review.approve, { body: { transactionIds: ids.slice(from, from + 500) } }, dana)
    expect(status).toBe(200)
    for (const { transactionId, reason } of body.refused) refused.set(transactionId, reason)
  }
  return refused
}

/** What the books must hold, from the configuration alone: sort of entry and cents. */
function expectedEntries(): string[] {
  const pushable = (row: CustomRow) =>
    row.posted !== false && row.currency === undefined && row.amount !== 0 && !row.description.startsWith('ODD')
  const cents = (row: CustomRow) => Math.round(Math.abs(row.amount) * 100)
  return [
    ...checkingRows.filter(pushable).map((row) => (row.amount > 0 ? `Purchase Cash ${cents(row)}` : `Deposit ${cents(row)}`)),
    ...cardRows.filter(pushable).map((row) => `Purchase CreditCard${row.amount > 0 ? '' : ' credit'} ${cents(row)}`),
  ].sort()
}

const sum = (rows: { amountMinor: number }[]): number => rows.reduce((total, { amountMinor }) => total + amountMinor, 0)

test("somebody else's custom user goes from the bank to the books, to the cent and to the row", async () => {
  const world = await makeWorld()
  await codeByRules(world)
  const before = await rowsOf(world)
  expect(before).toHaveLength(checkingRows.length + cardRows.length)
  const refused = await approveAll(world, before)
  const byText = Object.fromEntries(before.filter(({ id }) => refused.has(id)).map(({ id, description }) => [description, refused.get(id)]))
  const foreign = 'The amount is not in the currency of the books.'
  const odd = 'The bank reported fractions of a cent; books keep cents.'
  const pending = 'This is still pending at the bank.'
  expect(byText).toEqual({
    'PENDING SHOP': pending,
    'PENDING REFUND': pending,
    'CARD PENDING': pending,
    'TOKYO HOTEL': foreign,
    'PARIS CAFE': foreign,
    'BERLIN REFUND': foreign,
    'ODD OUT': odd,
    'ODD IN': odd,
    ZERO: 'Choose a category first.',
  })
  const pushed = await product.call(pushes.create, { body: { clientId: world.clientId } }, world.dana)
  expect(pushed.body).toMatchObject({ refused: [], batches: [{ count: before.length - refused.size }] })
  for (let minute = 0; minute < 4; minute++) {
    expect(await product.drain()).toEqual([])
    await product.advance(61_000)
  }
  const entries = product.network.intuit.entries(world.realmId)
  const seen = entries.map(({ entity, paymentType, credit, totalMinor }) =>
    [entity, ...(entity === 'Purchase' ? [paymentType] : []), ...(credit === true ? ['credit'] : []), totalMinor].join(' '),
  )
  expect(seen.sort()).toEqual(expectedEntries())

  const after = await rowsOf(world)
  const inBooks = after.filter(({ stage }) => stage === 'pushed')
  const waiting = after.filter(({ stage }) => stage === 'pending')
  const kept = after.filter(({ stage }) => stage === 'open')
  expect([inBooks.length, waiting.length, kept.length]).toEqual([entries.length, 3, 6])
  expect(sum(after)).toBe(sum(inBooks) + sum(waiting) + sum(kept))
  const signed = entries.map(({ entity, credit, totalMinor }) => ({
    amountMinor: entity === 'Deposit' || credit === true ? totalMinor : -totalMinor,
  }))
  expect(sum(signed)).toBe(sum(inBooks))

  // Nothing moves when everything is asked for again
  await approveAll(world, after)
  const again = await product.call(pushes.create, { body: { transactionIds: inBooks.slice(0, 500).map(({ id }) => id) } }, world.dana)
  expect([again.body.batches, again.body.refused.length]).toEqual([[], Math.min(500, inBooks.length)])
  expect((await product.call(pushes.create, { body: { clientId: world.clientId } }, world.dana)).body.batches).toEqual([])
  await product.drain()
  expect(product.network.intuit.entries(world.realmId)).toHaveLength(entries.length)
}, 60_000)
