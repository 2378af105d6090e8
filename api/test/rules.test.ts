import { review } from '@ledgersync/shared/review'
import { minor } from '@ledgersync/shared/money'
import { type Rule, type RuleInput, rules } from '@ledgersync/shared/rules'
import { type Transaction, transactions } from '@ledgersync/shared/transactions'
import fc from 'fast-check'
import { newId } from '../src/core/ids.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import {
  makeBankAccount,
  makeBooks,
  makeCategory,
  makeLedger,
  makeRule,
  makeTransaction,
  makeTransactions,
  type MadeBooks,
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

const ruleOf = (word: string, overrides: Partial<RuleInput> = {}): RuleInput => ({
  name: `Rule for ${word}`,
  active: true,
  direction: 'both',
  match: 'all',
  conditions: [{ field: 'description', operator: 'contains', value: word }],
  actions: { booksAccountId: books.accounts.fuel },
  ...overrides,
})
const create = (rule: RuleInput, as = dana) => product.call(rules.create, { params: { clientId }, body: rule }, as)
const created = async (rule: RuleInput): Promise<Rule> => {
  const answer = await create(rule)
  expect(answer.status).toBe(201)
  return answer.body
}
const listed = async (): Promise<Rule[]> => (await product.call(rules.list, { params: { clientId } }, dana)).body.items
const rowOf = async (transactionId: string): Promise<Transaction> =>
  (await product.call(transactions.get, { params: { transactionId } }, dana)).body
const rowsOf = async (): Promise<Map<string, Transaction>> => {
  const { body } = await product.call(transactions.list, { query: { clientId, limit: 200 } }, dana)
  return new Map(body.items.map((row) => [row.id, row]))
}
const setStage = (id: string, stage: string) =>
  product.admin.query(
    "update transactions set stage = $2, approved_at = case when $2 in ('approved', 'pushed') then now() end where id = $1",
    [id, stage],
  )

test('rules are added last, moved, changed and deleted, and the priorities stay 1 to n', async () => {
  const [a, b, c] = [await created(ruleOf('A')), await created(ruleOf('B')), await created(ruleOf('C'))]
  expect([a, b, c].map(({ priority, version }) => [priority, version])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
  ])
  const order = async () => (await listed()).map(({ id, priority }) => `${priority} ${id}`)
  const move = (ruleId: string, priority: number) => product.call(rules.move, { params: { clientId, ruleId }, body: { priority } }, dana)
  const moved = await move(c.id, 1)
  expect(moved.body.items.map(({ id, priority }) => `${priority} ${id}`)).toEqual([`1 ${c.id}`, `2 ${a.id}`, `3 ${b.id}`])
  await move(c.id, 10_000)
  expect(await order()).toEqual([`1 ${a.id}`, `2 ${b.id}`, `3 ${c.id}`])
  expect((await move(newId(), 1)).status).toBe(404)
  expect((await move(a.id, 0)).status).toBe(400)
  const removed = await product.call(rules.remove, { params: { clientId, ruleId: a.id } }, dana)
  expect(removed.status).toBe(204)
  expect(await order()).toEqual([`1 ${b.id}`, `2 ${c.id}`])
  expect((await product.call(rules.remove, { params: { clientId, ruleId: a.id } }, dana)).status).toBe(404)
  const body = { ...ruleOf('B2', { name: '  Trimmed  ' }), version: 1 }
  const changed = await product.call(rules.update, { params: { clientId, ruleId: b.id }, body }, dana)
  expect(changed.body).toMatchObject({ name: 'Trimmed', version: 2, priority: 1 })
  const stale = await product.call(rules.update, { params: { clientId, ruleId: b.id }, body }, dana)
  expect([stale.status, stale.body]).toMatchObject([409, { code: 'stale_version' }])
  expect((await listed())[0]).toMatchObject({ name: 'Trimmed', version: 2 })
})

test('ten changes at once leave no gap and no tie, and of two edits of one version one wins', async () => {
  const first: Rule[] = []
  for (const word of ['A', 'B', 'C', 'D', 'E']) first.push(await created(ruleOf(word)))
  const answers = await Promise.all([
    ...first.map(({ id }, at) => product.call(rules.move, { params: { clientId, ruleId: id }, body: { priority: 5 - at } }, dana)),
    ...['F', 'G', 'H', 'I', 'J'].map((word) => create(ruleOf(word))),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201, 201, 201, 201, 201])
  // What each answer saw was whole too, not only what is left at the end
  for (const { body } of answers)
    if ('items' in body) expect(body.items.map(({ priority }) => priority)).toEqual(body.items.map((_, at) => at + 1))
  expect((await listed()).map(({ priority }) => priority)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const params = { clientId, ruleId: first[0]?.id ?? '' }
  const edits = await Promise.all(
    ['X', 'Y', 'Z'].map((word) => product.call(rules.update, { params, body: { ...ruleOf(word), version: 1 } }, dana)),
  )
  expect(edits.map(({ status }) => status).sort()).toEqual([200, 409, 409])
})

test('what a rule may not name is refused by the field, on saving and on trying', async () => {
  const other = await makeClient(product, dana)
  const [theirs, theirAccount] = [await makeBooks(product, dana, other), await makeBankAccount(product, dana, other)]
  const stranger = await makeFirm(product)
  const [category, foreign] = [await makeCategory(product, dana, 'Fuel'), await makeCategory(product, stranger, 'Fuel')]
  const refused: [string, Partial<RuleInput>][] = [
    ['actions.categoryId', { actions: { categoryId: category, booksAccountId: books.accounts.fuel } }],
    ['actions', { actions: {} }],
    ['actions', { actions: { vendorId: null, categoryId: null, memo: null } }],
    ['actions.vendorId', { actions: { vendorId: theirs.vendors.shell } }],
    ['actions.vendorId', { actions: { vendorId: books.vendors.inactive } }],
    ['actions.booksAccountId', { actions: { booksAccountId: theirs.accounts.fuel } }],
    ['actions.booksAccountId', { actions: { booksAccountId: books.accounts.inactive } }],
    ['actions.categoryId', { actions: { categoryId: foreign } }],
    [
      'conditions.1.valueMinor',
      {
        conditions: [
          { field: 'payee', operator: 'equals', value: 'x' },
          { field: 'amount', operator: '=', valueMinor: minor(-1) },
        ],
      },
    ],
    ['conditions.0.bankAccountId', { conditions: [{ field: 'bank_account', operator: 'is', bankAccountId: theirAccount }] }],
  ]
  const rule = await created(ruleOf('KEPT'))
  for (const [field, overrides] of refused) {
    const input = ruleOf('x', overrides)
    const answers = [
      [await create(input), `body.${field}`],
      [await product.call(rules.update, { params: { clientId, ruleId: rule.id }, body: { ...input, version: 1 } }, dana), `body.${field}`],
      [await product.call(rules.preview, { params: { clientId }, body: { rule: input } }, dana), `body.rule.${field}`],
    ] as const
    for (const [answer, path] of answers)
      expect([answer.status, answer.body]).toMatchObject([expect.any(Number), { fields: [{ field: path }] }])
    expect(answers.map(([{ status }]) => status).every((status) => status === 400 || status === 422)).toBe(true)
  }
  // The type forbids the blank value only by its pattern
  for (const conditions of [[], [{ field: 'description', operator: 'contains', value: '  ' }]])
    expect((await create(ruleOf('x', { conditions: conditions as RuleInput['conditions'] }))).status).toBe(400)
  expect(await listed()).toEqual([rule])
})

test('the first match by priority wins, and moving, switching off and deleting code again', async () => {
  const id = await makeTransaction(product, dana, account, { description: 'SHELL  Oil 77' })
  const first = await created(ruleOf('shell', { actions: { booksAccountId: books.accounts.fuel, vendorId: books.vendors.shell } }))
  const second = await created(ruleOf('OIL', { actions: { booksAccountId: books.accounts.meals, memo: 'Second' } }))
  expect(await rowOf(id)).toMatchObject({
    bucket: 'matched',
    coding: {
      booksAccountId: books.accounts.fuel,
      vendorId: books.vendors.shell,
      memo: null,
      categoryBy: 'client_rule',
      vendorBy: 'client_rule',
    },
    why: { ruleId: first.id, ruleName: 'Rule for shell', ruleVersion: 1, scope: 'client', matched: ['SHELL'] },
  })
  expect((await listed()).map(({ matches }) => matches)).toEqual([1, 0])
  await product.call(rules.move, { params: { clientId, ruleId: second.id }, body: { priority: 1 } }, dana)
  expect(await rowOf(id)).toMatchObject({
    coding: { booksAccountId: books.accounts.meals, vendorId: null, vendorBy: null, memo: 'Second' },
    why: { ruleId: second.id, matched: ['Oil'] },
  })
  const off = { ...ruleOf('OIL', { active: false, actions: { booksAccountId: books.accounts.meals } }), version: 1 }
  await product.call(rules.update, { params: { clientId, ruleId: second.id }, body: off }, dana)
  expect((await rowOf(id)).why?.ruleId).toBe(first.id)
  await product.call(rules.remove, { params: { clientId, ruleId: first.id } }, dana)
  expect(await rowOf(id)).toMatchObject({
    bucket: 'needs_review',
    why: null,
    coding: { vendorId: null, categoryId: null, booksAccountId: null, memo: null, vendorBy: null, categoryBy: null },
  })
})

test('a client rule beats the rule of the firm field by field', async () => {
  const category = await makeCategory(product, dana, 'Fuel', { clientId, booksAccountId: books.accounts.fuel })
  await makeRule(product, dana, 'SHELL', { actions: { categoryId: category, memo: 'Firm' } })
  const id = await makeTransaction(product, dana, account, { description: 'SHELL 1' })
  const rule = await created(ruleOf('SHELL', { actions: { vendorId: books.vendors.shell, memo: 'Client' } }))
  expect(await rowOf(id)).toMatchObject({
    coding: {
      vendorBy: 'client_rule',
      categoryId: category,
      categoryBy: 'global_rule',
      memo: 'Client',
      booksAccountId: books.accounts.fuel,
    },
    why: { scope: 'global', ruleName: 'Rule for SHELL' },
  })
  const body = { ...ruleOf('SHELL', { actions: { booksAccountId: books.accounts.meals } }), version: 1 }
  await product.call(rules.update, { params: { clientId, ruleId: rule.id }, body }, dana)
  expect(await rowOf(id)).toMatchObject({
    coding: { vendorId: null, categoryId: null, booksAccountId: books.accounts.meals, categoryBy: 'client_rule', memo: 'Firm' },
    why: { scope: 'client', ruleVersion: 2 },
  })
})

test("a person's choice, and rows approved, pushed, refused or withdrawn, are never touched; pending ones are coded", async () => {
  const stages = ['open', 'pending', 'approved', 'pushing', 'pushed', 'failed', 'removed']
  const ids = await makeTransactions(
    product,
    dana,
    account,
    stages.map((stage) => ({ description: `SHELL ${stage}` })),
  )
  for (const [at, id] of ids.entries()) await setStage(id, stages[at] ?? '')
  const mine = await makeTransaction(product, dana, account, { description: 'SHELL mine' })
  const body = { booksAccountId: books.accounts.meals, memo: 'Mine' }
  await product.call(review.code, { params: { transactionId: mine }, body }, dana)
  const rule = await created(
    ruleOf('SHELL', { actions: { booksAccountId: books.accounts.fuel, vendorId: books.vendors.shell, memo: 'Rule' } }),
  )
  await product.drain()
  const coded = async () => (await Promise.all(ids.map(rowOf))).map(({ coding }) => coding.booksAccountId !== null)
  expect(await coded()).toEqual([true, true, false, false, false, false, false])
  expect((await rowOf(mine)).coding).toMatchObject({
    booksAccountId: books.accounts.meals,
    categoryBy: 'person',
    memo: 'Mine',
    vendorBy: 'client_rule',
  })
  await setStage(ids[0] ?? '', 'approved')
  await product.call(rules.remove, { params: { clientId, ruleId: rule.id } }, dana)
  await product.drain()
  expect(await coded()).toEqual([true, false, false, false, false, false, false])
  expect((await rowOf(mine)).coding).toMatchObject({ booksAccountId: books.accounts.meals, memo: 'Mine', vendorId: null })
})

test('a preview says what saving does, to the row and to the cent of the home currency', async () => {
  const category = await makeCategory(product, dana, 'Fuel')
  const words = ['SHELL', 'oil', 'Diner', '7', 'CAFÉ'] as const
  const action = fc.constantFrom(
    { booksAccountId: books.accounts.fuel },
    { booksAccountId: books.accounts.meals },
    { categoryId: category },
    { memo: 'Only memo' },
    { categoryId: category, memo: 'Both' },
  )
  const rule = fc.record({
    word: fc.constantFrom(...words),
    actions: action,
    active: fc.constantFrom(true, true, true, false),
    direction: fc.constantFrom('in' as const, 'out' as const, 'both' as const),
  })
  const row = fc.record({
    description: fc.subarray([...words], { minLength: 1 }).map((parts) => parts.join(' ')),
    amountMinor: fc.integer({ min: -9_999, max: 9_999 }),
    currency: fc.constantFrom('USD', 'USD', 'EUR', 'JPY'),
    stage: fc.constantFrom('open' as const, 'open' as const, 'pending' as const, 'removed' as const),
    mine: fc.boolean(),
  })
  const plan = fc.record({
    rows: fc.array(row, { minLength: 3, maxLength: 12 }),
    before: fc.array(rule, { maxLength: 2 }),
    tried: rule,
    edits: fc.boolean(),
  })
  const inputOf = ({ word, ...rest }: { word: string } & Partial<RuleInput>) => ruleOf(word, rest)
  let seen = 0
  const old = books.accounts
  await fc.assert(
    fc.asyncProperty(plan, async ({ rows, before, tried, edits }) => {
      clientId = await makeClient(product, dana)
      ;({ books, account } = await makeLedger(product, dana, clientId))
      const own = (actions: RuleInput['actions']) =>
        'booksAccountId' in actions
          ? { booksAccountId: actions.booksAccountId === old.fuel ? books.accounts.fuel : books.accounts.meals }
          : actions
      const values = rows.map(({ mine, ...each }) => ({
        ...each,
        ...(mine && { booksAccountId: books.accounts.sales, categoryBy: 'person' as const }),
      }))
      await makeTransactions(product, dana, account, values)
      const made: Rule[] = []
      for (const each of before) made.push(await created(inputOf({ ...each, actions: own(each.actions) })))
      const input = inputOf({ ...tried, actions: own(tried.actions) })
      const ruleId = edits ? made[0]?.id : undefined
      const was = await rowsOf()
      const preview = await product.call(
        rules.preview,
        { params: { clientId }, body: { rule: input, ...(ruleId !== undefined && { ruleId }) } },
        dana,
      )
      expect(preview.status).toBe(200)
      expect(await rowsOf()).toEqual(was)
      if (ruleId === undefined) await created(input)
      else await product.call(rules.update, { params: { clientId, ruleId }, body: { ...input, version: 1 } }, dana)
      const real = { newlyCoded: { count: 0, totalMinor: 0 }, changed: { count: 0, totalMinor: 0 } }
      for (const after of (await rowsOf()).values()) {
        const earlier = was.get(after.id)?.coding
        const values = (coding = after.coding) => [coding.categoryId, coding.booksAccountId, coding.vendorId, coding.memo].join()
        if (values(earlier) === values()) continue
        const gains = earlier?.categoryName === null && after.coding.categoryName !== null
        const tally = gains ? real.newlyCoded : real.changed
        tally.count += 1
        tally.totalMinor += after.currency === 'USD' ? Math.abs(after.amountMinor) : 0
      }
      expect(preview.body).toMatchObject({ ...real, currency: 'USD' })
      expect(preview.body.examples).toHaveLength(real.newlyCoded.count + real.changed.count)
      seen += real.newlyCoded.count + real.changed.count
    }),
    { numRuns: 30 },
  )
  expect(seen).toBeGreaterThan(10)
}, 60_000)

test('a preview counts what a person decided, what is pushed and what is not mapped, and tries no rule of the firm', async () => {
  const category = await makeCategory(product, dana, 'Fuel')
  const bare = await makeBankAccount(product, dana, clientId)
  const [open, , pushed] = await makeTransactions(product, dana, account, [
    { description: 'SHELL 1', amountMinor: -100 },
    { description: 'SHELL 2', amountMinor: 200, booksAccountId: books.accounts.meals, categoryBy: 'person' },
    { description: 'SHELL 3', amountMinor: -400 },
  ])
  await setStage(pushed ?? '', 'pushed')
  await makeTransaction(product, dana, { clientId, bankAccountId: bare }, { description: 'SHELL 4', amountMinor: -800 })
  const preview = async (actions: RuleInput['actions']) =>
    (await product.call(rules.preview, { params: { clientId }, body: { rule: ruleOf('SHELL', { actions }) } }, dana)).body
  const tally = (count: number, totalMinor: number) => ({ count, totalMinor })
  expect(await preview({ booksAccountId: books.accounts.fuel })).toMatchObject({
    newlyCoded: tally(2, 900),
    changed: tally(0, 0),
    kept: tally(1, 200),
    alreadyPushed: tally(1, 400),
    notMapped: tally(1, 800),
  })
  const unmapped = await preview({ categoryId: category })
  expect(unmapped.notMapped).toEqual(tally(2, 900))
  expect(unmapped.examples).toContainEqual(expect.objectContaining({ transactionId: open, from: null, to: 'Fuel', amountMinor: -100 }))
  const ofFirm = await makeRule(product, dana, 'SHELL', { actions: { memo: 'Firm' } })
  for (const ruleId of [ofFirm, newId()])
    expect((await product.call(rules.preview, { params: { clientId }, body: { rule: ruleOf('SHELL'), ruleId } }, dana)).status).toBe(404)
})

test('a rule from before its texts had to be seen is still answered', async () => {
  const { id } = await created(ruleOf('SHELL', { actions: { booksAccountId: books.accounts.fuel, memo: 'Fuel' } }))
  const unseen = { memo: '\u200B', conditions: [{ field: 'description', operator: 'contains', value: '\u200B' }] }
  await product.admin.query(`update rules set actions = actions || jsonb_build_object('memo', $2::text), conditions = $3 where id = $1`, [
    id,
    unseen.memo,
    JSON.stringify(unseen.conditions),
  ])
  expect(await listed()).toMatchObject([{ id, conditions: unseen.conditions, actions: { memo: unseen.memo } }])
})

test('a preview of sums beyond what a number holds exactly says that, and never a wrong figure', async () => {
  const largest = Number.MAX_SAFE_INTEGER
  const rows = (word: string, ...amounts: number[]) =>
    amounts.map((amountMinor) => ({ description: `${word} ${amountMinor}`, amountMinor }))
  await makeTransactions(product, dana, account, [...rows('HUGE', largest, -largest, 1), ...rows('LARGE', 1 - largest, 1)])
  const preview = async (word: string) => {
    const body = { rule: ruleOf(word, { actions: { booksAccountId: books.accounts.fuel } }) }
    const answer = await product.call(rules.preview, { params: { clientId }, body }, dana)
    return [answer.status, answer.body.newlyCoded]
  }
  expect(await preview('HUGE')).toEqual([200, { count: 3, totalMinor: null }])
  expect(await preview('LARGE')).toEqual([200, { count: 2, totalMinor: largest }])
})

test('another firm and an employee who is not assigned find nothing', async () => {
  const rule = await created(ruleOf('SHELL'))
  const params = { clientId, ruleId: rule.id }
  for (const as of [await makeFirm(product), await makeStaff(product, dana.firmId, 'employee')]) {
    const answers = await Promise.all([
      product.call(rules.list, { params: { clientId } }, as),
      create(ruleOf('x'), as),
      product.call(rules.update, { params, body: { ...ruleOf('x'), version: 1 } }, as),
      product.call(rules.remove, { params }, as),
      product.call(rules.move, { params, body: { priority: 1 } }, as),
      product.call(rules.preview, { params: { clientId }, body: { rule: ruleOf('x') } }, as),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404])
  }
  const second = await makeClient(product, dana)
  expect((await product.call(rules.remove, { params: { clientId: second, ruleId: rule.id } }, dana)).status).toBe(404)
  expect(await listed()).toEqual([rule])
})

test('categories are unique whatever their case, also when made at once, and each firm has its own', async () => {
  const add = (name: string, as = dana) => product.call(rules.createCategory, { body: { name } }, as)
  const answers = await Promise.all(['Fuel', 'FUEL', ' fuel '].map((name) => add(name)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'name_taken', fields: [{ field: 'body.name' }] })
  expect((await add('Fuel', await makeFirm(product))).status).toBe(201)
  expect((await add('Meals', await makeStaff(product, dana.firmId, 'employee'))).status).toBe(403)
  await makeCategory(product, dana, 'another', { clientId, booksAccountId: books.accounts.meals })
  const { body } = await product.call(rules.listCategories, {}, dana)
  expect(body.items.map(({ name, mappedClients }) => [name.toLowerCase(), mappedClients])).toEqual([
    ['another', 1],
    ['fuel', 0],
  ])
})
