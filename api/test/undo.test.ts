import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { type Push, pushes } from '@ledgersync/shared/pushes'
import { review } from '@ledgersync/shared/review'
import { transactions } from '@ledgersync/shared/transactions'
import { pushBooks } from '../src/pushes/jobs.ts'
import { createQuickbooks } from '../src/providers/quickbooks/client.ts'
import { customAccount, customUser, signInAtBank } from './bank-factories.ts'
import { connectBooks } from './books-factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { type Company, pushKit } from './push-kit.ts'

let product: TestApp
beforeAll(async () => {
  // Time is moved here, and with it our pace, but not the clock by which QuickBooks counts
  const intuit = { concurrentMax: 1_000, requestsPerSecondMax: 1_000 }
  product = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 0 }, intuit } })
})
afterAll(() => product.close())
afterEach(() => {
  product.network.intuit.intercept(null)
  product.deps.quickbooks = createQuickbooks(product.config.quickbooks, product.deps.pace, product.deps.now)
})

const { makeCompany, approved, push, stageOf, entriesOf } = pushKit(() => product)

interface Pushed extends Company {
  ids: string[]
  batchId: string
}

/** A company with these amounts in its books, by one batch. */
async function makePushed(amounts: number[], company?: Company): Promise<Pushed> {
  const into = company ?? (await makeCompany())
  const ids = await approved(
    into,
    'bank',
    amounts.map((amountMinor) => ({ amountMinor })),
  )
  const { body } = await push(into, ids)
  expect(await product.drain()).toEqual([])
  return { ...into, ids, batchId: body.batches[0]?.id ?? '' }
}

const undoBatch = ({ batchId, dana }: Pushed) => product.call(pushes.undoBatch, { params: { batchId } }, dana)
const undoOne = (pushId: string, { dana }: Pushed) => product.call(pushes.undo, { params: { pushId } }, dana)
const batchOf = async ({ batchId, dana }: Pushed) => (await product.call(pushes.get, { params: { batchId } }, dana)).body
const entryOf = async (pushed: Pushed, transactionId: string | undefined): Promise<Push> => {
  const found = (await batchOf(pushed)).entries.find((entry) => entry.transactionId === transactionId)
  if (found === undefined) throw new Error('The batch has no such entry')
  return found
}
const totals = (company: Company) =>
  entriesOf(company)
    .map(({ totalMinor }) => totalMinor)
    .sort((a, b) => a - b)
const stagesOf = async (pushed: Pushed) => Promise.all(pushed.ids.map(async (id) => (await stageOf(pushed, id)).stage))
const deletions = () =>
  product.network.intuit.calls
    .list('/batch')
    .flatMap(({ body }) => (body as { BatchItemRequest: { operation: string }[] } | undefined)?.BatchItemRequest ?? [])
    .filter(({ operation }) => operation === 'delete').length
const markers = (company: Company) => entriesOf(company).map(({ privateNote }) => /\[ledgersync ([\w-]+)\]/.exec(privateNote ?? '')?.[1])
/** Time goes by while the person stays signed in. */
async function later(ms: number): Promise<void> {
  await product.advance(ms)
  await product.admin.query('update sessions set created_at = $1, last_active_at = $1', [product.deps.now()])
}

test('a batch is taken back to the cent, its rows are approved again, and a new push makes new entries', async () => {
  const pushed = await makePushed([-1_100, 2_200, -3_300])
  const before = markers(pushed)
  const asked = await undoBatch(pushed)
  expect([asked.status, asked.body]).toEqual([
    200,
    expect.objectContaining({ state: 'undoing', undoing: 3, pushed: 0, undone: 0, processedAt: null }),
  ])
  expect((await stageOf(pushed, pushed.ids[0] ?? '')).push?.state).toBe('undoing')
  expect(await product.drain()).toEqual([])
  expect(entriesOf(pushed)).toEqual([])
  const { batch, entries } = await batchOf(pushed)
  expect(batch).toMatchObject({ state: 'undone', count: 3, undone: 3, undoneBy: 'Dana Whitlock', processedAt: expect.any(String) })
  expect(entries.map(({ state, reason, url }) => [state, reason, url])).toEqual([1, 2, 3].map(() => ['undone', null, null]))
  expect(await stagesOf(pushed)).toEqual(['approved', 'approved', 'approved'])
  expect((await stageOf(pushed, pushed.ids[0] ?? '')).push).toBeNull()
  const again = await push(pushed, pushed.ids)
  expect(again.body).toMatchObject({ batches: [{ count: 3 }], refused: [] })
  expect(await product.drain()).toEqual([])
  expect(totals(pushed).sort()).toEqual([1_100, 2_200, 3_300])
  expect(before.filter((marker) => markers(pushed).includes(marker))).toEqual([])
  expect((await batchOf(pushed)).batch.state).toBe('undone')
  const { rows } = await product.admin.query<{ action: string; actor_kind: string }>(
    `select action, actor_kind from audit_log where subject_id = $1 and action like 'pushes.und%' order by id`,
    [pushed.batchId],
  )
  expect(rows).toEqual([
    { action: 'pushes.undo_requested', actor_kind: 'staff' },
    { action: 'pushes.undone', actor_kind: 'system' },
  ])
})

test('one entry is taken back and the others stay; Sync Status finds it under undone', async () => {
  const pushed = await makePushed([-100, -200])
  const entry = await entryOf(pushed, pushed.ids[0])
  expect((await undoOne(entry.id, pushed)).body).toMatchObject({ undoing: 1, pushed: 1 })
  expect(await product.drain()).toEqual([])
  expect(totals(pushed)).toEqual([200])
  expect((await batchOf(pushed)).batch).toMatchObject({ state: 'done', pushed: 1, undone: 1 })
  const view = async (of: 'undone' | 'done' | 'running') =>
    (await product.call(pushes.list, { query: { view: of } }, pushed.dana)).body.items.map(({ id }) => id)
  expect([await view('undone'), await view('done'), await view('running')]).toEqual([[pushed.batchId], [pushed.batchId], []])
  expect((await undoOne(entry.id, pushed)).status).toBe(409)
})

test('what was edited, linked or closed since stays in the books with the reason, and goes once that is mended', async () => {
  const company = await makeCompany()
  const ids = await approved(company, 'bank', [
    { amountMinor: -100 },
    { amountMinor: -200 },
    { amountMinor: -300, date: '2026-09-15' },
    { amountMinor: -400 },
  ])
  const { body } = await push(company, ids)
  await product.drain()
  const pushed = { ...company, ids, batchId: body.batches[0]?.id ?? '' }
  const { intuit } = product.network
  const idOf = (totalMinor: number) => entriesOf(company).find((entry) => entry.totalMinor === totalMinor)?.id ?? ''
  intuit.changeEntry(company.realmId, 'Purchase', idOf(100), { PrivateNote: 'checked with the owner' })
  intuit.depositEntry(company.realmId, 'Purchase', idOf(200), '999')
  intuit.closeBooks(company.realmId, '2026-09-30')
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect(totals(company)).toEqual([100, 200, 300])
  expect((await batchOf(pushed)).batch).toMatchObject({ state: 'done', pushed: 3, heldBack: 3, undone: 1 })
  const reasons = await Promise.all(ids.slice(0, 3).map(async (id) => (await entryOf(pushed, id)).reason))
  expect(reasons).toEqual([
    expect.stringContaining('was edited in QuickBooks'),
    expect.stringContaining('linked to another transaction'),
    expect.stringContaining('closed through 2026-09-30'),
  ])
  expect(await stagesOf(pushed)).toEqual(['pushed', 'pushed', 'pushed', 'approved'])
  intuit.closeBooks(company.realmId, null)
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect(totals(company)).toEqual([100, 200])
  expect((await batchOf(pushed)).batch).toMatchObject({ pushed: 2, heldBack: 2, undone: 2 })
})

test('an edit or a link between our look and the deletion is not lost', async () => {
  const pushed = await makePushed([-100, -200])
  const [first, second] = entriesOf(pushed).map(({ id }) => id)
  product.network.intuit.intercept((call) => {
    if (!call.path.endsWith('/batch')) return null
    product.network.intuit.intercept(null)
    product.network.intuit.changeEntry(pushed.realmId, 'Purchase', first ?? '', { PrivateNote: 'mine' })
    product.network.intuit.depositEntry(pushed.realmId, 'Purchase', second ?? '', '999')
    return null
  })
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect(totals(pushed)).toEqual([100, 200])
  expect((await batchOf(pushed)).batch).toMatchObject({ pushed: 2, heldBack: 2 })
})

test('what somebody deleted in QuickBooks already is undone, and says so', async () => {
  const pushed = await makePushed([-100, 200])
  for (const { entity, id } of entriesOf(pushed)) product.network.intuit.deleteEntry(pushed.realmId, entity, id)
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect((await batchOf(pushed)).entries.map(({ state, reason }) => [state, reason])).toEqual(
    [1, 2].map(() => ['undone', 'It had been deleted in QuickBooks.']),
  )
  expect(await stagesOf(pushed)).toEqual(['approved', 'approved'])
})

test.each(['after', 'before'])('an answer lost %s the deletion is looked up, and nothing else is deleted', async (when) => {
  const pushed = await makePushed([-700, 800, -900])
  const [one] = pushed.ids
  await undoOne((await entryOf(pushed, one)).id, pushed)
  let cuts = 0
  product.network.intuit.intercept((call) => {
    if (!call.path.endsWith('/batch')) return null
    cuts += 1
    return [when === 'after' ? 'cut_after' : 'cut_before']
  })
  await product.drain()
  expect(cuts).toBe(1)
  expect((await stageOf(pushed, one ?? '')).stage).toBe('pushed')
  // Nothing is asked before Intuit can be done with it
  await product.advance(60_000)
  await product.drain()
  expect(cuts).toBe(1)
  product.network.intuit.intercept(null)
  await product.advance(70_000)
  expect(await product.drain()).toEqual([])
  expect(totals(pushed)).toEqual([800, 900])
  expect(await stagesOf(pushed)).toEqual(['approved', 'pushed', 'pushed'])
})

test.each(['read', 'company', 'remove', 'afterRemove'] as const)('a death at %s leaves nothing behind', async (step) => {
  const pushed = await makePushed([-100, 200, -300])
  const { quickbooks } = product.deps
  let deaths = 0
  const die = (): never => {
    deaths += 1
    throw new Error('killed')
  }
  product.deps.quickbooks = {
    ...quickbooks,
    ...(step === 'read' && { read: async () => die() }),
    ...(step === 'company' && { company: async () => die() }),
    ...(step === 'remove' && { remove: async () => die() }),
    ...(step === 'afterRemove' && {
      async remove(...args: Parameters<typeof quickbooks.remove>) {
        await quickbooks.remove(...args)
        return die()
      },
    }),
  }
  const before = deletions()
  await undoBatch(pushed)
  expect(await product.drain()).toEqual(['push_books: killed'])
  expect([deaths, await stagesOf(pushed)]).toEqual([1, ['pushed', 'pushed', 'pushed']])
  product.deps.quickbooks = quickbooks
  // The lease holds off whoever comes meanwhile
  await product.advance(60_000)
  expect(await product.drain()).toEqual([])
  expect(await stagesOf(pushed)).toEqual(['pushed', 'pushed', 'pushed'])
  await product.advance(240_000)
  expect(await product.drain()).toEqual([])
  expect([entriesOf(pushed), await stagesOf(pushed)]).toEqual([[], ['approved', 'approved', 'approved']])
  expect(deletions() - before).toBe(step === 'afterRemove' ? 6 : 3)
  await push(pushed, pushed.ids)
  await product.drain()
  expect(totals(pushed).sort()).toEqual([100, 200, 300])
})

test('asked twice and worked on twice at once, each entry is deleted once', async () => {
  const pushed = await makePushed(Array.from({ length: 70 }, (_, at) => (at % 2 === 0 ? -1_001 - at : 1_001 + at)))
  const before = deletions()
  const answers = await Promise.all([1, 2, 3].map(() => undoBatch(pushed)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  const { rows } = await product.admin.query<{ id: string }>('select id from books where client_id = $1', [pushed.clientId])
  const job = { firmId: pushed.dana.firmId, booksId: rows[0]?.id ?? '' }
  await Promise.all([1, 2, 3].map(() => pushBooks(product.deps, job)))
  expect(await product.drain()).toEqual([])
  expect([entriesOf(pushed), deletions() - before]).toEqual([[], 70])
  expect((await batchOf(pushed)).batch).toMatchObject({ state: 'undone', undone: 70 })
})

test('throttled, an access token that ended, and a company that is away: it waits and goes on', async () => {
  const pushed = await makePushed([-500, -600])
  let refusals = 0
  product.network.intuit.intercept((call) => {
    if (!call.path.endsWith('/batch') || refusals > 0) return null
    refusals += 1
    return ['throttled']
  })
  await undoOne((await entryOf(pushed, pushed.ids[0])).id, pushed)
  expect(await product.drain()).toEqual([])
  expect(entriesOf(pushed)).toHaveLength(2)
  await product.advance(62_000)
  product.network.intuit.expireAccessTokens(pushed.realmId)
  expect(await product.drain()).toEqual([])
  expect([refusals, totals(pushed)]).toEqual([1, [600]])
  product.network.intuit.revoke(pushed.realmId)
  await undoOne((await entryOf(pushed, pushed.ids[1])).id, pushed)
  expect(await product.drain()).toEqual([])
  expect((await batchOf(pushed)).batch).toMatchObject({ state: 'reconnect', undoing: 1 })
  expect((await undoBatch(pushed)).body).toMatchObject({ code: 'books_not_connected' })
  await connectBooks(product, pushed.dana, pushed.clientId, pushed.name)
  expect([totals(pushed), (await batchOf(pushed)).batch.state]).toEqual([[], 'undone'])
})

test('only what stands in QuickBooks can be taken back, and only while its company is connected', async () => {
  const company = await makeCompany()
  product.network.intuit.closeBooks(company.realmId, '2026-12-31')
  const pushed = await makePushed([-100], company)
  expect((await undoBatch(pushed)).body).toMatchObject({ code: 'conflict' })
  expect((await undoOne((await entryOf(pushed, pushed.ids[0])).id, pushed)).body).toMatchObject({ code: 'conflict' })
  product.network.intuit.closeBooks(company.realmId, null)
  await product.call(pushes.retry, { params: { batchId: pushed.batchId } }, company.dana)
  await product.drain()
  await product.call(books.disconnect, { params: { clientId: company.clientId } }, company.dana)
  expect((await undoBatch(pushed)).body).toMatchObject({ code: 'books_not_connected' })
  expect(totals(company)).toEqual([100])
})

test('what the bank did to rows while they stood in the books decides where they go from there', async () => {
  const company = await makeCompany()
  await product.call(connections.add, { params: { clientId: company.clientId }, body: {} }, company.dana)
  const rows = ['ALPHA', 'BRAVO', 'CHARLIE', 'DELTA'].map((description, at) => ({ amount: at + 1, description }))
  const account = { type: 'depository', subtype: 'checking', starting_balance: 50, meta: { name: 'Shop', mask: '1234' } }
  await signInAtBank(product, company.dana, company.clientId, customUser(customAccount(account, rows)))
  await product.drain()
  const { clientId, dana } = company
  const linked = (await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items
  const bankAccountId = linked.flatMap(({ accounts }) => accounts).find(({ name }) => name === 'Shop')?.id ?? ''
  const savings = (await product.call(books.accounts, { params: { clientId } }, dana)).body.items.filter(({ type }) => type === 'Bank')[1]
  await product.call(
    books.mapAccount,
    { params: { clientId, bankAccountId }, body: { booksAccountId: savings?.id ?? '', mode: 'we_post' } },
    dana,
  )
  const found = (await product.call(transactions.list, { query: { clientId } }, dana)).body.items
  const ids = rows.map(({ description }) => found.find((row) => row.description === description)?.id ?? '')
  for (const transactionId of ids)
    await product.call(review.code, { params: { transactionId }, body: { booksAccountId: company.expense } }, dana)
  await product.call(review.approve, { body: { transactionIds: ids } }, dana)
  const { body } = await push(company, ids)
  await product.drain()
  const pushed = { ...company, ids, batchId: body.batches[0]?.id ?? '' }
  const { plaid } = product.network
  const itemId = plaid.items().find((item) => item.clientUserId === clientId)?.itemId ?? ''
  const atBank = (name: string) => plaid.transactions(itemId).find((row) => row.name === name)?.transaction_id ?? ''
  plaid.modify(itemId, atBank('ALPHA'), { amount: 11 })
  plaid.modify(itemId, atBank('BRAVO'), { amount: 22 })
  await product.drain()
  plaid.remove(itemId, atBank('BRAVO'))
  plaid.remove(itemId, atBank('CHARLIE'))
  await product.drain()
  expect(await stagesOf(pushed)).toEqual(['pushed', 'pushed', 'pushed', 'pushed'])
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect([totals(company), await stagesOf(pushed)]).toEqual([[], ['open', 'removed', 'removed', 'approved']])
})

/** What a sync does to a row that the bank changed or withdrew. */
async function bankSays(transactionId: string | undefined, set: string): Promise<void> {
  await product.admin.query(`update transactions set ${set}, bank_changed_at = now() where id = $1`, [transactionId])
}

test('a row whose amount the bank changed since is open again, and one it withdrew leaves the review', async () => {
  const pushed = await makePushed([-100, -200, -300])
  await bankSays(pushed.ids[0], 'amount_minor = -150')
  await bankSays(pushed.ids[1], 'withdrawn_at = now()')
  await bankSays(pushed.ids[2], "description = 'OTHER WORDS'")
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect(await stagesOf(pushed)).toEqual(['open', 'removed', 'approved'])
  const refused = await push(pushed, pushed.ids)
  expect(refused.body.refused.map(({ transactionId }) => transactionId).sort()).toEqual(pushed.ids.slice(0, 2).sort())
  await product.drain()
  expect(totals(pushed)).toEqual([300])
  await product.call(review.approve, { body: { transactionIds: [pushed.ids[0] ?? ''] } }, pushed.dana)
  await push(pushed, pushed.ids)
  await product.drain()
  expect(totals(pushed).sort()).toEqual([150, 300])
})

test('a row that the bank changed or withdrew on its way to QuickBooks is not sent again unasked when it is refused', async () => {
  const company = await makeCompany()
  product.network.intuit.closeBooks(company.realmId, '2026-12-31')
  const ids = await approved(company, 'bank', [{ amountMinor: -100 }, { amountMinor: -200 }, { amountMinor: -300 }])
  const { body } = await push(company, ids)
  await bankSays(ids[0], 'amount_minor = -150')
  await bankSays(ids[1], 'withdrawn_at = now()')
  expect(await product.drain()).toEqual([])
  const pushed = { ...company, ids, batchId: body.batches[0]?.id ?? '' }
  expect(await stagesOf(pushed)).toEqual(['open', 'removed', 'failed'])
  product.network.intuit.closeBooks(company.realmId, null)
  await product.call(pushes.retry, { params: { batchId: pushed.batchId } }, company.dana)
  await product.drain()
  expect(totals(company)).toEqual([300])
})

test('an entry is not taken back by whoever may not see its client, and time does not stop an undo', async () => {
  const [pushed, other] = [await makePushed([-100]), await makePushed([-200])]
  const entry = await entryOf(pushed, pushed.ids[0])
  expect((await undoOne(entry.id, other)).status).toBe(404)
  expect((await undoBatch({ ...pushed, dana: other.dana })).status).toBe(404)
  await later(30 * 24 * 60 * 60_000)
  await undoBatch(pushed)
  expect(await product.drain()).toEqual([])
  expect(totals(pushed)).toEqual([])
})
