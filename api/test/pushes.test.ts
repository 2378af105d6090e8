import { pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { connectBooks } from './books-factories.ts'
import { pushBooks } from '../src/pushes/jobs.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeTransactions } from './ledger-factories.ts'
import { pushKit } from './push-kit.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())
afterEach(() => product.network.intuit.intercept(null))

const { makeCompany, approved, push, stageOf, entriesOf } = pushKit(() => product)

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 25_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) if (await holds()) return
  throw new Error('It never came about')
}

const attemptsOf = async (transactionId: string): Promise<number | undefined> =>
  (await product.admin.query<{ attempts: number }>('select attempts from pushes where transaction_id = $1', [transactionId])).rows[0]
    ?.attempts

test('every kind of row stands in the books once, equal to the cent', async () => {
  const company = await makeCompany()
  const ids = [
    ...(await approved(company, 'bank', [
      { amountMinor: -12_345, description: 'FUELWAY 7' },
      { amountMinor: -315_000, description: 'CHECK 2291', checkNumber: '2291' },
      { amountMinor: 240_618, description: 'CARD SETTLEMENT' },
      { amountMinor: -1, description: 'ONE CENT' },
    ])),
    ...(await approved(company, 'card', [
      { amountMinor: -4_410, description: 'GREENGROCER' },
      { amountMinor: 3_650, description: 'REFUND' },
    ])),
  ]
  const answer = await push(company, ids)
  expect(answer.status).toBe(201)
  expect(answer.body.batches).toEqual([expect.objectContaining({ count: 6, pushed: 0, state: 'waiting' })])
  expect(await product.drain()).toEqual([])
  const entries = entriesOf(company)
  const seen = entries
    .map((entry) => [entry.entity, entry.paymentType ?? null, entry.credit ?? false, entry.totalMinor, entry.docNumber ?? null])
    .sort()
  expect(seen).toEqual(
    [
      ['Purchase', 'Cash', false, 12_345, null],
      ['Purchase', 'Check', false, 315_000, '2291'],
      ['Deposit', null, false, 240_618, null],
      ['Purchase', 'Cash', false, 1, null],
      ['Purchase', 'CreditCard', false, 4_410, null],
      ['Purchase', 'CreditCard', true, 3_650, null],
    ].sort(),
  )
  const batch = await product.call(pushes.get, { params: { batchId: answer.body.batches[0]?.id ?? '' } }, company.dana)
  expect(batch.body.batch).toMatchObject({ count: 6, pushed: 6, failed: 0, state: 'done', processedAt: expect.any(String) })
  const row = await stageOf(company, ids[0] ?? '')
  expect(row).toMatchObject({ stage: 'pushed', push: { state: 'pushed', url: expect.stringContaining('/app/expense?txnId=') } })
  expect((await fetch(row.push?.url ?? '')).status).toBe(200)
})

test('pushing twice, at once and by double jobs, makes one entry each', async () => {
  const company = await makeCompany()
  const ids = await approved(company, 'bank', [{ amountMinor: -500 }, { amountMinor: -600 }])
  const answers = await Promise.all([1, 2, 3, 4].map(() => push(company, ids)))
  expect(answers.map((answer) => answer.body.batches.length).sort()).toEqual([0, 0, 0, 1])
  await product.drain()
  const again = await push(company, ids)
  expect(again.body.refused).toHaveLength(2)
  await product.drain()
  expect(entriesOf(company)).toHaveLength(2)
})

test.each(['cut after the commit', 'cut before the commit'])('an answer lost (%s) neither doubles nor loses an entry', async (when) => {
  const company = await makeCompany()
  const ids = await approved(company, 'bank', [{ amountMinor: -700 }, { amountMinor: -800 }, { amountMinor: 900 }])
  await push(company, ids)
  let cuts = 0
  product.network.intuit.intercept((call) => {
    if (!call.path.endsWith('/batch') || cuts > 0) return null
    cuts += 1
    return when === 'cut after the commit' ? ['requestid_ignored', 'cut_after'] : ['cut_before']
  })
  await product.drain()
  expect(cuts).toBe(1)
  expect((await stageOf(company, ids[0] ?? '')).push?.state).toBe('sending')
  await product.advance(130_000)
  // Even a server that forgets request ids must not be asked twice for what it has
  product.network.intuit.intercept(() => ['requestid_ignored'])
  await product.drain()
  expect(
    entriesOf(company)
      .map((entry) => entry.totalMinor)
      .sort(),
  ).toEqual([700, 800, 900])
  expect((await stageOf(company, ids[0] ?? '')).stage).toBe('pushed')
})

test('entries asked for while the answer of others is lost do not wait for what becomes of those', async () => {
  const company = await makeCompany()
  const [lost = '', later = ''] = await approved(company, 'bank', [{ amountMinor: -510 }, { amountMinor: -520 }])
  await push(company, [lost])
  let cuts = 0
  product.network.intuit.intercept(async ({ path }) => {
    if (!path.endsWith('/batch') || cuts > 0) return null
    cuts += 1
    await push(company, [later])
    return ['cut_after']
  })
  await product.drain()
  expect([(await stageOf(company, lost)).push?.state, (await stageOf(company, later)).push?.state]).toEqual(['sending', 'pushed'])
  await product.advance(130_000)
  await product.drain()
  expect(
    entriesOf(company)
      .map(({ totalMinor }) => totalMinor)
      .sort(),
  ).toEqual([510, 520])
})

test('whoever was kept waiting for so long that another took the entries over does not send them', async () => {
  const company = await makeCompany()
  const { rows } = await product.admin.query<{ id: string }>('select id from books where client_id = $1', [company.clientId])
  const job = { firmId: company.dana.firmId, booksId: rows[0]?.id ?? '' }
  const [id = '', other = ''] = await approved(company, 'bank', [{ amountMinor: -530 }, { amountMinor: -540 }])
  await push(company, [id, other])
  await product.admin.query('delete from graphile_worker._private_jobs where key = $1', [`push_books:${job.booksId}`])
  // A token that ends, and somebody who renews it and does not come to an end
  const renewal = (endsAt: Date, leaseUntil: Date | null) =>
    product.admin.query('update books set access_token_expires_at = $2, token_lease_until = $3 where id = $1', [
      job.booksId,
      endsAt,
      leaseUntil,
    ])
  const inAnHour = (): Date => new Date(product.deps.now().getTime() + 60 * 60_000)
  await renewal(product.deps.now(), inAnHour())
  let looks = 0
  product.network.intuit.intercept(async ({ path }) => {
    if (path.endsWith('/query')) looks += 1
    if (path.endsWith('/batch')) await new Promise((resolve) => setTimeout(resolve, 500))
    // Even books that forget request ids must not get entries twice
    return ['requestid_ignored']
  })
  const first = pushBooks(product.deps, job)
  await waitUntil(async () => (await stageOf(company, id)).push?.state === 'sending')
  await product.advance(200_000)
  const second = pushBooks(product.deps, job)
  await waitUntil(async () => (await attemptsOf(id)) === 2)
  await renewal(inAnHour(), null)
  await Promise.all([first, second])
  expect(looks).toBe(1)
  await product.advance(400_000)
  await product.drain()
  expect(
    entriesOf(company)
      .map(({ totalMinor }) => totalMinor)
      .sort(),
  ).toEqual([530, 540])
})

test('500 rows go in order within the limits, and cents are conserved', async () => {
  const company = await makeCompany()
  const ids = await approved(
    company,
    'bank',
    Array.from({ length: 500 }, (_, index) => ({
      amountMinor: index % 3 === 0 ? 1_001 + index : -1_001 - index,
      description: `ROW ${index}`,
    })),
  )
  await push(company, ids)
  for (let minute = 0; minute < 3; minute++) {
    await product.drain()
    await product.advance(61_000)
  }
  const entries = entriesOf(company)
  expect(entries).toHaveLength(500)
  const total = entries.reduce((sum, entry) => sum + (entry.entity === 'Deposit' ? entry.totalMinor : -entry.totalMinor), 0)
  expect(total).toBe(
    Array.from({ length: 500 }, (_, index) => (index % 3 === 0 ? 1_001 + index : -1_001 - index)).reduce((sum, each) => sum + each, 0),
  )
  const batches = product.network.intuit.calls.list('/batch').length
  expect(batches).toBeLessThanOrEqual(30)
})

test('a closed period fails in plain words, and a retry pushes once it is open', async () => {
  const company = await makeCompany()
  product.network.intuit.closeBooks(company.realmId, '2026-09-30')
  const ids = await approved(company, 'bank', [
    { amountMinor: -500, date: '2026-09-15' },
    { amountMinor: -600, date: '2026-10-15' },
  ])
  const { body } = await push(company, ids)
  const batchId = body.batches[0]?.id ?? ''
  await product.drain()
  const after = await product.call(pushes.get, { params: { batchId } }, company.dana)
  expect(after.body.batch).toMatchObject({ pushed: 1, failed: 1, state: 'failed' })
  expect(after.body.entries[0]).toMatchObject({ state: 'failed', reason: expect.stringContaining('closed through 2026-09-30') })
  product.network.intuit.closeBooks(company.realmId, null)
  const retried = await product.call(pushes.retry, { params: { batchId } }, company.dana)
  expect(retried.body).toMatchObject({ count: 2, pushed: 1, failed: 0, state: 'running' })
  await product.drain()
  expect(entriesOf(company)).toHaveLength(2)
  expect((await product.call(pushes.retry, { params: { batchId } }, company.dana)).status).toBe(409)
})

test('throttled is not failed: the entries wait and go', async () => {
  const company = await makeCompany()
  const ids = await approved(company, 'bank', [{ amountMinor: -500 }])
  await push(company, ids)
  let refusals = 0
  product.network.intuit.intercept((call) => {
    if (!call.path.endsWith('/batch') || refusals > 0) return null
    refusals += 1
    return ['throttled']
  })
  await product.drain()
  expect(entriesOf(company)).toHaveLength(0)
  await product.advance(61_000)
  await product.drain()
  expect(entriesOf(company)).toHaveLength(1)
})

test('an access token that ends in the middle is renewed; a revoked connection makes entries wait until it is back', async () => {
  const company = await makeCompany()
  product.network.intuit.expireAccessTokens(company.realmId)
  await push(company, await approved(company, 'bank', [{ amountMinor: -500 }]))
  expect(await product.drain()).toEqual([])
  expect(entriesOf(company)).toHaveLength(1)
  product.network.intuit.revoke(company.realmId)
  const { body } = await push(company, await approved(company, 'bank', [{ amountMinor: -600 }]))
  await product.drain()
  const batchId = body.batches[0]?.id ?? ''
  expect((await product.call(pushes.get, { params: { batchId } }, company.dana)).body.batch.state).toBe('reconnect')
  await connectBooks(product, company.dana, company.clientId, company.name)
  expect(entriesOf(company)).toHaveLength(2)
  expect((await product.call(pushes.get, { params: { batchId } }, company.dana)).body.batch.state).toBe('done')
})

test('a renewed token that is refused once by mistake does not cost the company its connection', async () => {
  const company = await makeCompany()
  const { body } = await push(company, await approved(company, 'bank', [{ amountMinor: -500 }]))
  let refusals = 0
  product.network.intuit.intercept((call) => (call.path.startsWith('/v3/company/') && (refusals += 1) <= 2 ? ['unauthorized'] : null))
  expect(await product.drain()).toEqual([])
  product.network.intuit.intercept(null)
  const batchId = body.batches[0]?.id ?? ''
  expect((await product.call(pushes.get, { params: { batchId } }, company.dana)).body.batch.state).toBe('done')
  expect(entriesOf(company)).toHaveLength(1)
})

test('when even a renewed token is refused, the company waits for a reconnect and nothing is lost', async () => {
  const company = await makeCompany()
  const { body } = await push(company, await approved(company, 'bank', [{ amountMinor: -500 }]))
  product.network.intuit.intercept((call) => (call.path.startsWith('/v3/company/') ? ['unauthorized'] : null))
  expect(await product.drain()).toEqual([])
  const batchId = body.batches[0]?.id ?? ''
  expect((await product.call(pushes.get, { params: { batchId } }, company.dana)).body.batch.state).toBe('reconnect')
  product.network.intuit.intercept(null)
  await connectBooks(product, company.dana, company.clientId, company.name)
  expect(entriesOf(company)).toHaveLength(1)
})

test('what is not approved, foreign, or not mapped is refused with the reason', async () => {
  const company = await makeCompany()
  const [open] = await makeTransactions(product, company.dana, company.bank, [{ amountMinor: -100 }])
  const answer = await push(company, [open ?? ''])
  expect(answer.body).toMatchObject({ batches: [], refused: [{ transactionId: open, reason: 'This is not approved.' }] })
  const [foreign] = await makeTransactions(product, company.dana, company.bank, [
    { amountMinor: -100, currency: 'EUR', booksAccountId: company.expense, categoryBy: 'person' },
  ])
  const refused = await product.call(review.approve, { body: { transactionIds: [foreign ?? ''] } }, company.dana)
  expect(refused.body.refused).toEqual([{ transactionId: foreign, reason: 'The amount is not in the currency of the books.' }])
})

test('Sync Status pages by cursor and shows only visible clients', async () => {
  const company = await makeCompany()
  for (const amountMinor of [-100, -200, -300]) await push(company, await approved(company, 'bank', [{ amountMinor }]))
  const first = await product.call(pushes.list, { query: { limit: 2 } }, company.dana)
  const second = await product.call(pushes.list, { query: { limit: 2, cursor: first.body.nextCursor ?? '' } }, company.dana)
  expect([first.body.items.length, second.body.items.length, second.body.nextCursor]).toEqual([2, 1, null])
  expect(new Set([...first.body.items, ...second.body.items].map(({ id }) => id)).size).toBe(3)
})
