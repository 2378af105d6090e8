import { review } from '@ledgersync/shared/review'
import { type Actions, type RuleInput, rules } from '@ledgersync/shared/rules'
import { transactions } from '@ledgersync/shared/transactions'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { transactionsTable } from '../src/db/schema/ledger.ts'
import { minor } from '@ledgersync/shared/money'
import { codeByRules } from '../src/rules/apply.ts'
import { makeClient, makeFirm, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { type MadeBooks, makeBooks, makeCategory, makeLedger, makeTransaction, makeTransactions } from './ledger-factories.ts'

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

const contains = (value: string, actions: Actions): RuleInput => ({
  name: `When ${value}`,
  active: true,
  direction: 'both',
  match: 'all',
  conditions: [{ field: 'description', operator: 'contains', value }],
  actions,
})
const create = ({ dana, clientId }: World, body: RuleInput) => product.call(rules.create, { params: { clientId }, body }, dana)
const list = async ({ dana, clientId }: World) => (await product.call(rules.list, { params: { clientId } }, dana)).body.items
const read = async ({ dana }: World, transactionId: string) =>
  (await product.call(transactions.get, { params: { transactionId } }, dana)).body
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a row that a sync is storing while a rule is saved is coded by that rule', async () => {
  const world = await makeWorld()
  const { firmId } = world.dana
  const id = newId()
  let commit = (): void => {}
  const gate = new Promise<void>((resolve) => {
    commit = resolve
  })
  // The sync has coded its row by the rules of before, and commits only after the rule was sent
  const sync = withFirm(world.dana.ctx, async (tx) => {
    const now = product.deps.now()
    await tx.insert(transactionsTable).values({
      firmId,
      id,
      ...world.account,
      providerTransactionId: 'late',
      date: '2026-10-01',
      description: 'SHELL',
      amountMinor: minor(-100),
      currency: 'USD',
      stage: 'open',
      createdAt: now,
      updatedAt: now,
    })
    await codeByRules(tx, world.dana.ctx, world.clientId, [id])
    await gate
  })
  await pause(100)
  const saving = create(world, contains('shell', { memo: 'Fuel' }))
  await pause(200)
  commit()
  const [made] = await Promise.all([saving, sync])
  expect(made.body.matches).toBe(1)
  expect((await read(world, id)).coding.memo).toBe('Fuel')
})

test('saving a rule never waits for a row somebody holds; the job that follows codes it', async () => {
  const world = await makeWorld()
  const id = await makeTransaction(product, world.dana, world.account, { description: 'SHELL' })
  const holder = await product.admin.connect()
  try {
    await holder.query('begin')
    await holder.query('select 1 from transactions where id = $1 for update', [id])
    const made = await create(world, contains('shell', { memo: 'Fuel' }))
    expect([made.status, made.body.matches]).toEqual([201, 0])
    await holder.query('rollback')
  } finally {
    holder.release()
  }
  expect(await product.drain()).toEqual([])
  expect((await read(world, id)).coding.memo).toBe('Fuel')
})

test('a row whose approval is taken back is coded by the rules of now', async () => {
  const world = await makeWorld()
  const categoryId = await makeCategory(product, world.dana, 'Fuel', {
    clientId: world.clientId,
    booksAccountId: world.books.accounts.fuel,
  })
  const id = await makeTransaction(product, world.dana, world.account, { description: 'PUMP 7' })
  const other = await makeTransaction(product, world.dana, world.account, { description: 'PUMP 8', memo: 'mine', memoBy: 'person' })
  const { body: rule } = await create(world, contains('pump', { categoryId, memo: 'tanked' }))
  await create(world, contains('pump', { memo: 'later' }))
  const transactionIds = [id, other]
  expect((await product.call(review.approve, { body: { transactionIds } }, world.dana)).body.refused).toEqual([])
  await product.call(rules.remove, { params: { clientId: world.clientId, ruleId: rule.id } }, world.dana)
  await product.drain()
  expect(await read(world, id)).toMatchObject({ stage: 'approved', coding: { categoryId, memo: 'tanked' } })
  await product.call(review.unapprove, { body: { transactionIds } }, world.dana)
  expect(await read(world, id)).toMatchObject({ stage: 'open', coding: { categoryId: null, memo: 'later' } })
  expect(await read(world, other)).toMatchObject({ stage: 'open', coding: { categoryId: null, memo: 'mine' } })
})

test('what a rule names of another company is passed over, and breaks no run', async () => {
  const world = await makeWorld()
  const id = await makeTransaction(product, world.dana, world.account, { description: 'SHELL' })
  await create(world, contains('shell', { booksAccountId: world.books.accounts.fuel, vendorId: world.books.vendors.shell, memo: 'Fuel' }))
  await product.admin.query("update books set state = 'disconnected' where id = $1", [world.books.booksId])
  await makeBooks(product, world.dana, world.clientId)
  expect(await withFirm(world.dana.ctx, (tx) => codeByRules(tx, world.dana.ctx, world.clientId, [id]))).toBe(1)
  expect((await read(world, id)).coding).toMatchObject({ booksAccountId: null, vendorId: null, memo: 'Fuel' })
})

test('a client with many rows is coded by the job, and running again changes nothing', async () => {
  const world = await makeWorld()
  const rows = Array.from({ length: 2_105 }, (_each, index) => ({ description: `SHELL ${index}`, date: `2026-0${1 + (index % 9)}-15` }))
  await makeTransactions(product, world.dana, world.account, rows)
  const made = await create(world, contains('shell', { booksAccountId: world.books.accounts.fuel }))
  expect(made.body.matches).toBe(0)
  expect(await product.drain()).toEqual([])
  expect((await list(world))[0]?.matches).toBe(2_105)
  expect(await withFirm(world.dana.ctx, (tx) => codeByRules(tx, world.dana.ctx, world.clientId, 'all'))).toBe(0)
})

test('employees count only their clients under a category', async () => {
  const world = await makeWorld()
  await makeCategory(product, world.dana, 'Mapped', { clientId: world.clientId, booksAccountId: world.books.accounts.fuel })
  const marcus = await makeStaff(product, world.dana.firmId, 'employee')
  const mappedFor = async (person: Person) =>
    (await product.call(rules.listCategories, {}, person)).body.items.find((each) => each.name === 'Mapped')?.mappedClients
  expect([await mappedFor(world.dana), await mappedFor(marcus)]).toEqual([1, 0])
})

test('every change is written down with what was before', async () => {
  const world = await makeWorld()
  const made = await create(world, contains('shell', { memo: 'Fuel' }))
  const params = { clientId: world.clientId, ruleId: made.body.id }
  await product.call(rules.update, { params, body: { ...contains('shell', { memo: 'Gas' }), version: 1 } }, world.dana)
  await product.call(rules.remove, { params }, world.dana)
  const rows = await product.admin.query<{ action: string; details: { before?: { actions?: Actions }; after?: { actions?: Actions } } }>(
    'select l.action, d.details from audit_log l join audit_details d on d.firm_id = l.firm_id and d.audit_id = l.id where l.subject_id = $1 order by l.id',
    [made.body.id],
  )
  expect(
    rows.rows.map(({ action, details }) => [action, details.before?.actions?.memo ?? null, details.after?.actions?.memo ?? null]),
  ).toEqual([
    ['rule.created', null, 'Fuel'],
    ['rule.updated', 'Fuel', 'Gas'],
    ['rule.deleted', 'Gas', null],
  ])
})
