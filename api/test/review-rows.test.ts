import type { Problem } from '@ledgersync/shared/errors'
import { minor } from '@ledgersync/shared/money'
import { review } from '@ledgersync/shared/review'
import { type Blocker, transactions } from '@ledgersync/shared/transactions'
import { newId } from '../src/core/ids.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import {
  type MadeBooks,
  makeCategory,
  makeLedger,
  makeTransaction,
  makeTransactions,
  type TransactionOverrides,
} from './ledger-factories.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

interface World {
  dana: Person
  clientId: string
  books: MadeBooks
  account: { clientId: string; bankAccountId: string }
}
async function makeWorld(): Promise<World> {
  const dana = await makeFirm(product)
  const clientId = await makeClient(product, dana)
  return { dana, clientId, ...(await makeLedger(product, dana, clientId)) }
}
/** Coded by a person to an account of the books: ready to approve. */
const ready = ({ books }: World): TransactionOverrides => ({ booksAccountId: books.accounts.fuel, categoryBy: 'person' })
const approve = (person: Person, transactionIds: string[]) => product.call(review.approve, { body: { transactionIds } }, person)
const unapprove = (person: Person, transactionIds: string[]) => product.call(review.unapprove, { body: { transactionIds } }, person)
const code = (person: Person, transactionId: string, body: object) => product.call(review.code, { params: { transactionId }, body }, person)
const read = async (person: Person, transactionId: string) =>
  (await product.call(transactions.get, { params: { transactionId } }, person)).body
/** Problems come where the success answer would be. */
const problem = (answer: { body: unknown }) => answer.body as Problem
const audited = async (firmId: string, action: string): Promise<number> =>
  (await product.admin.query('select 1 from audit_log where firm_id = $1 and action = $2', [firmId, action])).rowCount ?? 0

describe('every blocker keeps a coded row out, and says so', () => {
  const cases: [Blocker, (world: World, id: string) => Promise<unknown>][] = [
    ['books_not_connected', ({ books }) => product.admin.query("update books set state = 'reconnect' where id = $1", [books.booksId])],
    [
      'account_not_mapped',
      ({ account }) => product.admin.query('update bank_accounts set books_account_id = null where id = $1', [account.bankAccountId]),
    ],
    [
      'account_not_mapped',
      ({ books }) => product.admin.query('update books_accounts set active = false where id = $1', [books.accounts.bank]),
    ],
    ['category_not_mapped', async ({ dana }, id) => code(dana, id, { categoryId: await makeCategory(product, dana, 'Unmapped') })],
    [
      'category_not_mapped',
      ({ books }) => product.admin.query('update books_accounts set active = false where id = $1', [books.accounts.fuel]),
    ],
    ['foreign_currency', ({ books }) => product.admin.query("update books set home_currency = 'CAD' where id = $1", [books.booksId])],
    [
      'foreign_currency',
      ({ account }) => product.admin.query("update bank_accounts set currency = 'CAD' where id = $1", [account.bankAccountId]),
    ],
    ['inexact_amount', (_world, id) => product.admin.query("update transactions set inexact_amount = '-45.205' where id = $1", [id])],
    ['mode_off', ({ account }) => product.admin.query("update bank_accounts set mode = 'off' where id = $1", [account.bankAccountId])],
    [
      'mode_off',
      ({ account }) => product.admin.query("update bank_accounts set mode = 'code_only' where id = $1", [account.bankAccountId]),
    ],
    ['zero_amount', (_world, id) => product.admin.query('update transactions set amount_minor = 0 where id = $1', [id])],
  ]
  test.each(cases)('%s', async (blocker, raise) => {
    const world = await makeWorld()
    const id = await makeTransaction(product, world.dana, world.account, ready(world))
    expect(await read(world.dana, id)).toMatchObject({ bucket: 'matched', blockers: [] })
    await raise(world, id)
    expect(await read(world.dana, id)).toMatchObject({ bucket: 'blocked', blockers: [blocker] })
    const counts = (await product.call(review.counts, {}, world.dana)).body
    expect(counts).toMatchObject({ all: 1, blocked: 1, matched: 0 })
    const answer = await approve(world.dana, [id])
    expect(answer.body).toMatchObject({ done: [], refused: [{ transactionId: id }] })
    expect(answer.body.refused[0]?.reason).toMatch(/^[A-Z].*\.$/)
    expect((await read(world.dana, id)).stage).toBe('open')
  })
})

test('approving says of each row what became of it; twice changes nothing', async () => {
  const world = await makeWorld()
  const { dana, account } = world
  const stages = ['open', 'failed', 'approved', 'pending', 'pushing', 'pushed', 'removed'] as const
  const rows = await makeTransactions(product, dana, account, [...stages.map((stage) => ({ ...ready(world), stage })), {}])
  const absent = newId()
  const first = await approve(dana, [...rows, absent])
  expect(new Set(first.body.done)).toEqual(new Set(rows.slice(0, 3)))
  expect(new Map(first.body.refused.map(({ transactionId, reason }) => [transactionId, reason]))).toEqual(
    new Map([
      [rows[3], 'This is still pending at the bank.'],
      [rows[4], 'This is on its way to QuickBooks.'],
      [rows[5], 'This stands in QuickBooks already.'],
      [rows[6], 'The bank withdrew this transaction.'],
      [rows[7], 'Choose a category first.'],
      [absent, 'This transaction does not exist, or you have no access to it.'],
    ]),
  )
  const before = await product.admin.query('select * from transactions where firm_id = $1 order by id', [dana.firmId])
  const again = await approve(dana, rows.slice(0, 3))
  expect([new Set(again.body.done), again.body.refused]).toEqual([new Set(rows.slice(0, 3)), []])
  expect((await product.admin.query('select * from transactions where firm_id = $1 order by id', [dana.firmId])).rows).toEqual(before.rows)
  expect(await audited(dana.firmId, 'transactions.approved')).toBe(1)
})

test('taking back works until the push has begun', async () => {
  const world = await makeWorld()
  const { dana, account } = world
  const [approved, open, pushing] = await makeTransactions(
    product,
    dana,
    account,
    (['approved', 'open', 'pushing'] as const).map((stage) => ({
      ...ready(world),
      stage,
      approvedBy: dana.staffId,
      approvedAt: product.deps.now(),
    })),
  )
  const answer = await unapprove(dana, [approved ?? '', open ?? '', pushing ?? ''])
  expect(new Set(answer.body.done)).toEqual(new Set([approved, open]))
  expect(answer.body.refused).toEqual([{ transactionId: pushing, reason: 'This is on its way to QuickBooks.' }])
  expect(await read(dana, approved ?? '')).toMatchObject({ stage: 'open', approvedAt: null, approvedBy: null })
})

test('five hundred rows at once are quick, whoever approves the same in any order', async () => {
  const world = await makeWorld()
  const ids = await makeTransactions(
    product,
    world.dana,
    world.account,
    Array.from({ length: 500 }, () => ready(world)),
  )
  const since = performance.now()
  const answers = await Promise.all([approve(world.dana, ids), approve(world.dana, [...ids].reverse()), approve(world.dana, ids)])
  expect(performance.now() - since).toBeLessThan(5_000)
  for (const { status, body } of answers) expect([status, body.done.length, body.refused.length]).toEqual([200, 500, 0])
  // One of them approved; the others found it done
  expect(await audited(world.dana.firmId, 'transactions.approved')).toBe(1)
  expect((await product.call(review.approve, { body: { transactionIds: [...ids, newId()] } }, world.dana)).status).toBe(400)
})

test('a person’s coding: one kind of category at a time, null hands back, and an approved row opens only when its entry changes', async () => {
  const world = await makeWorld()
  const { dana, books } = world
  const category = await makeCategory(product, dana, 'Fuel', { clientId: world.clientId, booksAccountId: books.accounts.fuel })
  const id = await makeTransaction(product, dana, world.account)
  const byCategory = await code(dana, id, { categoryId: category, vendorId: books.vendors.shell, memo: 'Tank <1> ⛽' })
  expect(byCategory.body).toMatchObject({
    bucket: 'matched',
    coding: {
      categoryId: category,
      categoryName: 'Fuel',
      booksAccountId: books.accounts.fuel,
      categoryBy: 'person',
      vendorBy: 'person',
      memo: 'Tank <1> ⛽',
    },
  })
  const byAccount = await code(dana, id, { booksAccountId: books.accounts.meals })
  expect(byAccount.body.coding).toMatchObject({
    categoryId: null,
    booksAccountId: books.accounts.meals,
    categoryName: 'Meals and Entertainment',
    vendorId: books.vendors.shell,
  })
  await approve(dana, [id])
  expect((await code(dana, id, { booksAccountId: books.accounts.meals })).body.stage).toBe('approved')
  expect((await code(dana, id, { memo: 'Other' })).body).toMatchObject({ stage: 'open', approvedAt: null, approvedBy: null })
  const cleared = await code(dana, id, { vendorId: null, categoryId: null, memo: '' })
  expect(cleared.body).toMatchObject({
    bucket: 'needs_review',
    coding: { vendorId: null, vendorBy: null, categoryBy: null, booksAccountId: null, memo: null },
  })
  expect(await audited(dana.firmId, 'transaction.coded')).toBe(5)
})

test('wrong codings are refused by their field, and rows on their way by a conflict', async () => {
  const world = await makeWorld()
  const { dana, books } = world
  const otherClient = await makeClient(product, dana)
  const other = await makeLedger(product, dana, otherClient)
  const category = await makeCategory(product, dana, 'Fuel')
  const foreign = await makeCategory(product, await makeFirm(product), 'Foreign')
  const id = await makeTransaction(product, dana, world.account)
  const cases: [string, object][] = [
    ['body.vendorId', { vendorId: other.books.vendors.shell }],
    ['body.vendorId', { vendorId: books.vendors.inactive }],
    ['body.vendorId', { vendorId: 'x' }],
    ['body.booksAccountId', { booksAccountId: other.books.accounts.fuel }],
    ['body.booksAccountId', { booksAccountId: books.accounts.inactive }],
    ['body.categoryId', { categoryId: foreign }],
    ['body.categoryId', { categoryId: category, booksAccountId: books.accounts.fuel }],
    ['body.memo', { memo: 'a'.repeat(201) }],
    ['body', {}],
    ['body.stage', { stage: 'pushed' }],
  ]
  for (const [field, body] of cases) {
    const refused = await code(dana, id, body)
    expect([body, refused.status, problem(refused).fields?.map((each) => each.field)]).toEqual([body, 400, [field]])
  }
  for (const stage of ['pending', 'pushing', 'pushed', 'removed'] as const) {
    const row = await makeTransaction(product, dana, world.account, { stage, amountMinor: minor(-1) })
    const refused = await code(dana, row, { memo: 'Late' })
    expect([stage, refused.status, problem(refused).code]).toEqual([stage, 409, 'conflict'])
  }
})

test('two people code and approve one row at once: an approved row has the coding that was approved', async () => {
  const world = await makeWorld()
  const { dana, books } = world
  const ids = await makeTransactions(
    product,
    dana,
    world.account,
    Array.from({ length: 12 }, () => ready(world)),
  )
  await Promise.all(ids.flatMap((id) => [approve(dana, [id]), code(dana, id, { booksAccountId: books.accounts.meals })]))
  const rows = await Promise.all(ids.map((id) => read(dana, id)))
  // Approved first, the choice opened the row again; approved last, the choice was what was approved
  for (const row of rows) {
    expect(row.coding.booksAccountId).toBe(books.accounts.meals)
    expect(row.stage === 'approved').toBe(row.approvedAt !== null)
  }
  expect(await audited(dana.firmId, 'transaction.coded')).toBe(12)
})
