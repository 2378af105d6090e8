import { review } from '@ledgersync/shared/review'
import { rules } from '@ledgersync/shared/rules'
import { type Blocker, type Transaction, transactions } from '@ledgersync/shared/transactions'
import { newId } from '../src/core/ids.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import {
  type MadeBooks,
  makeBankAccount,
  makeBooks,
  makeCategory,
  makeLedger,
  makeTransaction,
  makeTransactions,
  type TransactionOverrides,
} from './ledger-factories.ts'

let product: TestApp
let dana: Person
let clientId: string
let books: MadeBooks
let account: { clientId: string; bankAccountId: string }
beforeAll(async () => {
  product = await startTestApp()
})
beforeEach(async () => {
  dana = await makeFirm(product)
  clientId = await makeClient(product, dana)
  const ledger = await makeLedger(product, dana, clientId)
  books = ledger.books
  account = ledger.account
})
afterAll(() => product.close())

type Query = NonNullable<Parameters<typeof list>[0]>
const list = (
  query: {
    clientId?: string
    bucket?: 'matched' | 'needs_review' | 'blocked' | 'approved'
    search?: string
    from?: string
    to?: string
    bankAccountId?: string
    limit?: number
    cursor?: string
  } = {},
  as = dana,
) => product.call(review.list, { query }, as)
const counts = async (as = dana, query: { clientId?: string } = {}) => (await product.call(review.counts, { query }, as)).body
const approve = async (transactionIds: string[], as = dana) => (await product.call(review.approve, { body: { transactionIds } }, as)).body
const unapprove = async (transactionIds: string[], as = dana) =>
  (await product.call(review.unapprove, { body: { transactionIds } }, as)).body
const rowOf = async (transactionId: string): Promise<Transaction> =>
  (await product.call(transactions.get, { params: { transactionId } }, dana)).body
const coded = (overrides: TransactionOverrides = {}): TransactionOverrides => ({
  booksAccountId: books.accounts.fuel,
  categoryBy: 'person',
  ...overrides,
})
const make = (overrides: TransactionOverrides = {}) => makeTransaction(product, dana, account, overrides)
const setStage = (id: string, stage: string) =>
  product.admin.query(
    "update transactions set stage = $2, approved_at = case when $2 in ('approved', 'pushed') then now() end where id = $1",
    [id, stage],
  )

/** One coded row for every blocker, each alone on its row. */
async function makeBlocked(): Promise<Map<Blocker, string>> {
  const { bank, fuel, inactive } = books.accounts
  const found = new Map<Blocker, string>()
  const lost = await makeClient(product, dana)
  const theirs = await makeBooks(product, dana, lost, { state: 'reconnect' })
  const lostAccount = await makeBankAccount(product, dana, lost, { booksAccountId: theirs.accounts.bank })
  const lostRow = coded({ booksAccountId: theirs.accounts.fuel })
  found.set('books_not_connected', await makeTransaction(product, dana, { clientId: lost, bankAccountId: lostAccount }, lostRow))
  const on = async (bankAccountId: string, overrides: TransactionOverrides) =>
    makeTransaction(product, dana, { clientId, bankAccountId }, overrides)
  found.set('account_not_mapped', await on(await makeBankAccount(product, dana, clientId), coded()))
  const off = await makeBankAccount(product, dana, clientId, { booksAccountId: bank, mode: 'off' })
  found.set('mode_off', await on(off, coded()))
  const category = await makeCategory(product, dana, `Unmapped ${newId()}`)
  found.set('category_not_mapped', await make({ categoryId: category, categoryBy: 'person' }))
  found.set('foreign_currency', await make(coded({ currency: 'EUR', booksAccountId: fuel })))
  found.set('inexact_amount', await make(coded({ inexactAmount: '-1.005', amountMinor: -101 })))
  found.set('zero_amount', await make(coded({ amountMinor: 0 })))
  // An account that QuickBooks made inactive is a mapping no more
  expect((await rowOf(await make(coded({ booksAccountId: inactive, stage: 'removed' })))).blockers).toEqual([])
  return found
}

const reasons: Record<Blocker, string> = {
  books_not_connected: 'QuickBooks is not connected for this client.',
  account_not_mapped: 'This bank account is not mapped to a QuickBooks account.',
  category_not_mapped: 'This category is not mapped to a QuickBooks account of the client.',
  foreign_currency: 'The amount is not in the currency of the books.',
  inexact_amount: 'The bank reported fractions of a cent; books keep cents.',
  mode_off: 'This bank account is not set to post.',
  zero_amount: 'The amount is zero; there is nothing to post.',
}

test('every blocker raises its own row, is named on approval, and buckets and counts agree with the list', async () => {
  const blocked = await makeBlocked()
  for (const [blocker, id] of blocked) expect(await rowOf(id)).toMatchObject({ bucket: 'blocked', blockers: [blocker] })
  const [matched, approved, open] = [await make(coded()), await make(coded()), await make()]
  const failed = await make(coded({ stage: 'failed' }))
  for (const stage of ['pending', 'pushing', 'pushed', 'removed'] as const) await setStage(await make(coded()), stage)
  expect(await approve([approved])).toEqual({ done: [approved], refused: [] })
  expect(await counts()).toEqual({ all: 10, matched: 2, needsReview: 1, blocked: 7, approved: 1, clients: 2 })
  expect(await counts(dana, { clientId })).toEqual({ all: 9, matched: 2, needsReview: 1, blocked: 6, approved: 1, clients: 1 })
  const idsOf = async (query: Query) => (await list(query)).body.items.map(({ id }) => id).sort()
  expect(await idsOf({ bucket: 'matched' })).toEqual([matched, failed].sort())
  expect(await idsOf({ bucket: 'needs_review' })).toEqual([open])
  expect(await idsOf({ bucket: 'blocked' })).toEqual([...blocked.values()].sort())
  expect(await idsOf({ bucket: 'approved' })).toEqual([approved])
  expect(await idsOf({})).toHaveLength(11)
  const answer = await approve([...blocked.values(), open])
  expect(answer.done).toEqual([])
  expect(Object.fromEntries(answer.refused.map(({ transactionId, reason }) => [transactionId, reason]))).toEqual({
    ...Object.fromEntries([...blocked].map(([blocker, id]) => [id, reasons[blocker]])),
    [open]: 'Choose a category first.',
  })
})

test('filters narrow, wildcards and markup are plain text, and impossible ones are refused', async () => {
  const second = await makeBankAccount(product, dana, clientId)
  const html = '<img src=x onerror=alert(1)> & 100% 🏦 “ünïcode”'
  const ids = await makeTransactions(product, dana, account, [
    { description: html, date: '2026-10-01' },
    { description: 'PLAIN', payee: 'Under_score', date: '2026-10-02' },
  ])
  const other = await makeTransaction(
    product,
    dana,
    { clientId, bankAccountId: second },
    { description: '100 percent', date: '2026-10-03' },
  )
  const found = async (query: Query) => (await list(query)).body.items.map(({ id }) => id)
  expect((await list({ search: '<IMG' })).body.items[0]?.description).toBe(html)
  expect(await found({ search: '100%' })).toEqual([ids[0]])
  expect(await found({ search: '🏦' })).toEqual([ids[0]])
  expect(await found({ search: 'r_s' })).toEqual([ids[1]])
  expect(await found({ search: "'; drop table rules; --\\" })).toEqual([])
  expect(await found({ from: '2026-10-02', to: '2026-10-02' })).toEqual([ids[1]])
  expect(await found({ bankAccountId: second })).toEqual([other])
  expect(await found({ search: '  ' })).toEqual([other, ids[1], ids[0]])
  const refused = await list({ from: '2026-10-03', to: '2026-10-02' })
  expect([refused.status, refused.body]).toMatchObject([expect.any(Number), { fields: [{ field: 'query.to' }] }])
  expect((await list({ cursor: 'nonsense' })).status).toBeGreaterThanOrEqual(400)
  expect((await list({ clientId: newId() })).status).toBe(404)
})

test('pages neither repeat nor skip a row while others arrive', async () => {
  const ids = await makeTransactions(
    product,
    dana,
    account,
    Array.from({ length: 23 }, (_, at) => ({ date: `2026-10-0${1 + (at % 3)}` })),
  )
  const seen: Transaction[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof list>> = await list({ limit: 5, ...(cursor !== null && { cursor }) })
    expect(page.body.items.length).toBeLessThanOrEqual(5)
    seen.push(...page.body.items)
    cursor = page.body.nextCursor
    await make({ date: '2026-10-09', description: 'ARRIVED' })
  } while (cursor !== null)
  const old = seen.filter(({ description }) => description !== 'ARRIVED').map(({ id }) => id)
  expect([...old].sort()).toEqual([...ids].sort())
  const keys = seen.map(({ date, id }) => `${date} ${id}`)
  expect(keys).toEqual([...keys].sort().reverse())
})

test('approving and taking back answer for every row, twice and at once alike', async () => {
  const [a, b] = [await make(coded()), await make(coded())]
  const stages = {
    pending: 'This is still pending at the bank.',
    pushing: 'This is on its way to QuickBooks.',
    pushed: 'This stands in QuickBooks already.',
    removed: 'The bank withdrew this transaction.',
  }
  const staged = new Map<string, string>()
  for (const [stage, reason] of Object.entries(stages)) {
    const id = await make(coded())
    await setStage(id, stage)
    staged.set(id, reason)
  }
  const unknown = newId()
  staged.set(unknown, 'This transaction does not exist, or you have no access to it.')
  const all = [a, b, ...staged.keys()]
  const byId = (refused: { transactionId: string; reason: string }[]) =>
    new Map(refused.map(({ transactionId, reason }) => [transactionId, reason]))
  const answers = await Promise.all([approve(all), approve([...all].reverse()), approve(all)])
  for (const answer of answers) {
    expect([...answer.done].sort()).toEqual([a, b].sort())
    expect(byId(answer.refused)).toEqual(staged)
  }
  expect(await rowOf(a)).toMatchObject({ stage: 'approved', approvedBy: 'Dana Whitlock', approvedAt: expect.any(String) })
  const { rows } = await product.admin.query<{ n: number }>(
    "select count(*)::int as n from audit_log where firm_id = $1 and action = 'transactions.approved'",
    [dana.firmId],
  )
  expect(rows[0]?.n).toBe(1)
  const back = await unapprove(all)
  expect([[...back.done].sort(), byId(back.refused)]).toEqual([[a, b].sort(), staged])
  expect(await rowOf(a)).toMatchObject({ stage: 'open', approvedBy: null, approvedAt: null })
  expect((await unapprove([a])).done).toEqual([a])
  expect((await product.call(review.approve, { body: { transactionIds: [] } }, dana)).status).toBe(400)
  expect((await product.call(review.approve, { body: { transactionIds: [a, a] } }, dana)).status).toBe(400)
})

describe('a choice of a person', () => {
  const code = (transactionId: string, body: Parameters<typeof codeWith>[1], as = dana) => codeWith(transactionId, body, as)
  const codeWith = (
    transactionId: string,
    body: { vendorId?: string | null; categoryId?: string | null; booksAccountId?: string | null; memo?: string | null },
    as: Person,
  ) => product.call(review.code, { params: { transactionId }, body }, as)

  test('puts a category in the place of an account, and null hands back to the rules', async () => {
    const category = await makeCategory(product, dana, 'Meals', { clientId, booksAccountId: books.accounts.meals })
    const id = await make({ description: 'SHELL 1' })
    const rule = {
      name: 'Shell',
      active: true,
      direction: 'both' as const,
      match: 'all' as const,
      conditions: [{ field: 'description' as const, operator: 'contains' as const, value: 'shell' }],
      actions: { booksAccountId: books.accounts.fuel, vendorId: books.vendors.shell, memo: 'By rule' },
    }
    expect((await product.call(rules.create, { params: { clientId }, body: rule }, dana)).status).toBe(201)
    const mine = await code(id, { categoryId: category })
    expect(mine.body).toMatchObject({
      coding: { categoryId: category, booksAccountId: books.accounts.meals, categoryBy: 'person', vendorBy: 'client_rule' },
    })
    const other = await code(id, { booksAccountId: books.accounts.sales, memo: ' Mine ' })
    expect(other.body.coding).toMatchObject({ categoryId: null, booksAccountId: books.accounts.sales, categoryBy: 'person', memo: 'Mine' })
    const back = await code(id, { booksAccountId: null, memo: null })
    expect(back.body).toMatchObject({
      coding: { booksAccountId: books.accounts.fuel, categoryBy: 'client_rule', memo: 'By rule' },
      why: { ruleName: 'Shell' },
    })
    expect((await code(id, { vendorId: books.vendors.diner })).body.coding).toMatchObject({
      vendorName: 'Harbor Diner',
      vendorBy: 'person',
    })
  })

  test('opens an approved row again, never a pushed one, and names nothing that is not the client’s', async () => {
    const id = await make(coded())
    await approve([id])
    expect((await code(id, { booksAccountId: books.accounts.meals })).body).toMatchObject({ stage: 'open', approvedAt: null })
    for (const stage of ['pending', 'pushing', 'pushed', 'removed']) {
      await setStage(id, stage)
      const answer = await code(id, { memo: 'late' })
      expect([stage, answer.status, answer.body]).toMatchObject([stage, 409, { code: 'conflict' }])
    }
    await setStage(id, 'open')
    const theirs = await makeBooks(product, dana, await makeClient(product, dana))
    const category = await makeCategory(product, dana, 'Fuel')
    const refused = [
      ['vendorId', { vendorId: theirs.vendors.shell }],
      ['vendorId', { vendorId: books.vendors.inactive }],
      ['booksAccountId', { booksAccountId: theirs.accounts.fuel }],
      ['booksAccountId', { booksAccountId: books.accounts.inactive }],
      ['categoryId', { categoryId: newId() }],
      ['categoryId', { categoryId: category, booksAccountId: books.accounts.fuel }],
    ] as const
    for (const [field, body] of refused) expect((await code(id, body)).body).toMatchObject({ fields: [{ field: `body.${field}` }] })
    expect((await code(id, {})).status).toBe(400)
    expect((await rowOf(id)).coding).toMatchObject({ booksAccountId: books.accounts.meals, memo: null })
  })

  test('an employee sees, counts, approves and codes only the rows of their clients', async () => {
    const marcus = await makeStaff(product, dana.firmId, 'employee')
    const own = await makeClient(product, marcus)
    const ledger = await makeLedger(product, marcus, own)
    const mine = await makeTransaction(product, marcus, ledger.account, {
      booksAccountId: ledger.books.accounts.fuel,
      categoryBy: 'person',
    })
    const hidden = await make(coded())
    for (const as of [marcus, await makeFirm(product)]) {
      expect((await list({}, as)).body.items.map(({ id }) => id)).toEqual(as === marcus ? [mine] : [])
      expect((await counts(as)).all).toBe(as === marcus ? 1 : 0)
      expect((await list({ clientId }, as)).status).toBe(404)
      expect((await list({ bankAccountId: account.bankAccountId }, as)).body.items).toEqual([])
      expect((await product.call(review.counts, { query: { clientId } }, as)).status).toBe(404)
      expect((await code(hidden, { memo: 'x' }, as)).status).toBe(404)
      const unseen = [{ transactionId: hidden, reason: 'This transaction does not exist, or you have no access to it.' }]
      expect(await approve([hidden], as)).toEqual({ done: [], refused: unseen })
      expect(await unapprove([hidden], as)).toEqual({ done: [], refused: unseen })
    }
    expect((await approve([mine], marcus)).done).toEqual([mine])
    expect((await counts()).all).toBe(1)
    expect(await rowOf(hidden)).toMatchObject({ stage: 'open', coding: { memo: null } })
  })
})
