import { review } from '@ledgersync/shared/review'
import { type RuleInput, rules } from '@ledgersync/shared/rules'
import { type Transaction, transactions } from '@ledgersync/shared/transactions'
import { applyRules } from '../src/rules/apply.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { type MadeBooks, makeLedger, makeTransactions } from './ledger-factories.ts'

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

const approve = async (transactionIds: string[]) => (await product.call(review.approve, { body: { transactionIds } }, dana)).body
const rowsOf = async (): Promise<Transaction[]> =>
  (await product.call(transactions.list, { query: { clientId, limit: 200 } }, dana)).body.items
const ruleOf = (booksAccountId: string, value = 'shell'): RuleInput => ({
  name: `Rule for ${value}`,
  active: true,
  direction: 'both',
  match: 'all',
  conditions: [{ field: 'description', operator: 'contains', value }],
  actions: { booksAccountId },
})

test('what is approved while rules change is what was judged', async () => {
  const ids = await makeTransactions(
    product,
    dana,
    account,
    Array.from({ length: 60 }, (_, at) => ({ description: `SHELL ${at}` })),
  )
  const rule = (await product.call(rules.create, { params: { clientId }, body: ruleOf(books.accounts.fuel) }, dana)).body
  const params = { clientId, ruleId: rule.id }
  const chunks = [0, 1, 2, 3, 4, 5].map((at) => ids.slice(at * 10, at * 10 + 10))
  const change = async () => {
    const answer = await product.call(rules.update, { params, body: { ...ruleOf(books.accounts.meals), version: 1 } }, dana)
    const removed = await product.call(rules.remove, { params }, dana)
    return [answer.status, removed.status]
  }
  const [statuses, ...outcomes] = await Promise.all([change(), ...chunks.map((chunk) => approve(chunk))])
  expect(statuses).toEqual([200, 204])
  expect(await product.drain()).toEqual([])
  const done = new Set(outcomes.flatMap((outcome) => outcome.done))
  const refused = outcomes.flatMap((outcome) => outcome.refused)
  expect(done.size + refused.length).toBe(60)
  expect(refused.every(({ reason }) => reason === 'Choose a category first.')).toBe(true)
  for (const row of await rowsOf()) {
    // Approved rows keep the coding they were approved with; the others have lost what the deleted rule set
    if (done.has(row.id)) expect(row).toMatchObject({ stage: 'approved', bucket: 'matched', why: { ruleId: rule.id } })
    else expect(row).toMatchObject({ stage: 'open', bucket: 'needs_review', why: null })
  }
  const { rows } = await product.admin.query<{ n: number }>(
    "select count(*)::int as n from transactions where client_id = $1 and stage = 'approved' and rule_decided_at > approved_at",
    [clientId],
  )
  expect(rows[0]?.n).toBe(0)
})

test('people, rules and jobs at once: nobody is refused for being at the same time, and everybody agrees afterwards', async () => {
  const { fuel, meals, sales } = books.accounts
  const ids = await makeTransactions(
    product,
    dana,
    account,
    Array.from({ length: 40 }, (_, at) => ({ description: `SHELL ${at % 2 === 0 ? 'EVEN' : 'ODD'} ${at}` })),
  )
  const mine = ids.slice(0, 10)
  const first = (await product.call(rules.create, { params: { clientId }, body: ruleOf(fuel) }, dana)).body
  const statuses: number[] = []
  const noted = async (work: Promise<{ status: number }>) => void statuses.push((await work).status)
  const code = (transactionId: string, booksAccountId: string | null) =>
    noted(product.call(review.code, { params: { transactionId }, body: { booksAccountId } }, dana))
  const changeRules = async () => {
    await noted(product.call(rules.create, { params: { clientId }, body: ruleOf(meals, 'even') }, dana))
    await noted(product.call(rules.move, { params: { clientId, ruleId: first.id }, body: { priority: 2 } }, dana))
    await noted(product.call(rules.update, { params: { clientId, ruleId: first.id }, body: { ...ruleOf(sales), version: 1 } }, dana))
  }
  const changeMind = async (id: string) => {
    await code(id, meals)
    await code(id, null)
    await code(id, fuel)
  }
  const goBackAndForth = async (body: { transactionIds: string[] }) => {
    await noted(product.call(review.approve, { body }, dana))
    await noted(product.call(review.unapprove, { body }, dana))
  }
  const apply = () => applyRules(product.deps, { firmId: dana.firmId, clientId })
  await Promise.all([
    changeRules(),
    ...mine.map(changeMind),
    goBackAndForth({ transactionIds: ids.slice(5, 30) }),
    goBackAndForth({ transactionIds: ids.slice(5, 30).reverse() }),
    apply(),
    apply(),
    apply(),
  ])
  expect(statuses).toHaveLength(3 + 30 + 4)
  expect(new Set(statuses)).toEqual(new Set([200, 201]))
  // Rows that were approved while a rule changed kept their coding; taking approval back and running the rules brings them in line
  await noted(product.call(review.unapprove, { body: { transactionIds: ids } }, dana))
  await apply()
  for (const row of await rowsOf()) {
    const byRule = row.description.includes('EVEN') ? meals : sales
    const expected = mine.includes(row.id)
      ? { booksAccountId: fuel, categoryBy: 'person' }
      : { booksAccountId: byRule, categoryBy: 'client_rule' }
    expect(row).toMatchObject({ stage: 'open', coding: expected })
  }
  expect(await product.drain()).toEqual([])
})
