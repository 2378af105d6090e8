import { audit } from '@ledgersync/shared/audit'
import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { erasure } from '@ledgersync/shared/erasure'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { rules } from '@ledgersync/shared/rules'
import { transactions } from '@ledgersync/shared/transactions'
import { verifyAudit } from '../src/core/audit.ts'
import { keepWebhook } from '../src/core/webhooks.ts'
import { tasks } from '../src/tasks.ts'
import { linkBank, signInAtBank } from './bank-factories.ts'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { makeTransaction } from './ledger-factories.ts'
import { messageKit, minuteMs } from './message-kit.ts'
import { pushKit } from './push-kit.ts'

let product: TestApp
let dana: Person
beforeAll(async () => {
  product = await startTestApp({}, { network: { plaid: { firstSyncReadyMs: 500 } } })
})
beforeEach(async () => {
  await product.admin.query('delete from graphile_worker._private_jobs')
  dana = await makeFirm(product)
})
afterEach(() => {
  for (const emulator of [product.network.plaid, product.network.intuit, product.network.twilio]) emulator.intercept(null)
})
afterAll(() => product.close())

const { invite, loseCallbacks, messageOf, texts } = messageKit(
  () => product,
  () => dana,
)
const { makeCompany, approved, push, stageOf, entriesOf } = pushKit(() => product)

interface Lost {
  task: string
  key: string
  queue: string | null
}

/** Loses every job of the task, as nobody can but the database's superuser; answers what they were called. */
async function lose(task: string): Promise<Lost[]> {
  const { rows } = await product.admin.query<Lost & { id: string }>(
    `select id, task_identifier as task, key, queue_name as queue from graphile_worker.jobs where task_identifier = $1 and key is not null`,
    [task],
  )
  await product.admin.query('delete from graphile_worker._private_jobs where id = any ($1::bigint[])', [rows.map(({ id }) => id)])
  return rows.map(({ key, queue }) => ({ task, key, queue }))
}

const jobsOf = async (task: string): Promise<Lost[]> =>
  (
    await product.admin.query<Lost>(
      `select task_identifier as task, key, queue_name as queue from graphile_worker.jobs where task_identifier = $1 and key is not null order by key`,
      [task],
    )
  ).rows

/** Time goes by, and the look comes round; nothing else runs. */
async function look(ms = 3 * minuteMs, task: 'recover_work' | 'poll_connections' = 'recover_work'): Promise<void> {
  await product.advance(ms)
  await product.admin.query('update sessions set created_at = $1, last_active_at = $1', [product.deps.now()])
  await tasks[task](product.deps, {})
}

/** Loses the jobs of a task, sees the look add the same ones again, and runs them. */
async function loseAndRecover(task: string, ms?: number): Promise<void> {
  const lost = await lose(task)
  expect(lost).not.toEqual([])
  await look(ms)
  const mine = new Set(lost.map(({ key }) => key))
  expect((await jobsOf(task)).filter(({ key }) => mine.has(key))).toEqual(lost.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
  expect(await product.drain()).toEqual([])
}

test('a message that waits to go out', async () => {
  const clientId = await invite('both')
  await loseAndRecover('deliver_message')
  expect(texts().filter(({ to }) => to === '')).toEqual([])
  const { rows } = await product.admin.query('select state from messages where client_id = $1', [clientId])
  expect(rows).toEqual([{ state: 'delivered' }, { state: 'delivered' }])
})

test.each(['cut_before', 'cut_after'] as const)('a text whose answer was lost (%s), and then its job, goes once', async (fault) => {
  const clientId = await invite('sms', { phone: `+1503555${fault === 'cut_before' ? '0142' : '0143'}` })
  const before = texts().length
  const heard = loseCallbacks()
  product.network.twilio.intercept(({ method }) => (method === 'POST' ? [fault] : null))
  await product.drain()
  product.network.twilio.intercept(null)
  await loseAndRecover('deliver_message', 5 * minuteMs)
  heard()
  expect(texts().length).toBe(before + 1)
  expect((await messageOf(clientId)).state).toBe('sent')
})

test('a message whose sender died with it in hand', async () => {
  const clientId = await invite('sms', { phone: '+15035550144' })
  const before = texts().length
  await lose('deliver_message')
  await product.admin.query(
    `update messages set state = 'sending', attempts = 1, first_attempt_at = $2, lease_until = $2::timestamptz + interval '75 seconds' where client_id = $1`,
    [clientId, product.deps.now()],
  )
  await look(5 * minuteMs)
  await product.drain()
  expect(texts().length).toBe(before + 1)
})

test('a message whose sender hangs with its job in hand', async () => {
  const clientId = await invite('sms', { phone: '+15035550145' })
  const before = texts().length
  const held = (age: string) =>
    product.admin.query(
      `update graphile_worker._private_jobs set locked_by = 'worker-hanging', locked_at = now() - $2::interval, attempts = 1
       where key = (select 'deliver_message:' || id from messages where client_id = $1)`,
      [clientId, age],
    )
  await held('1 minute')
  await product.admin.query(
    `update messages set state = 'sending', attempts = 1, first_attempt_at = $2, lease_until = $2::timestamptz + interval '75 seconds' where client_id = $1`,
    [clientId, product.deps.now()],
  )
  await look(5 * minuteMs)
  await product.drain()
  expect(texts().length).toBe(before)
  await held('10 minutes')
  await look()
  await product.drain()
  expect(texts().length).toBe(before + 1)
  await product.admin.query(`delete from graphile_worker._private_jobs where locked_by = 'worker-hanging'`)
})

test('entries that wait, and entries whose answer was lost', async () => {
  const company = await makeCompany()
  const [waiting = ''] = await approved(company, 'bank', [{ amountMinor: -500 }])
  await push(company, [waiting])
  await loseAndRecover('push_books')
  const [doubtful = ''] = await approved(company, 'bank', [{ amountMinor: -600 }])
  product.network.intuit.intercept(({ path }) => (path.endsWith('/batch') ? ['cut_after'] : null))
  await push(company, [doubtful])
  await product.drain()
  product.network.intuit.intercept(null)
  await loseAndRecover('push_books', 6 * minuteMs)
  expect(
    entriesOf(company)
      .map(({ totalMinor }) => totalMinor)
      .sort(),
  ).toEqual([500, 600])
  expect((await stageOf(company, doubtful)).stage).toBe('pushed')
})

test('entries that are to be taken back', async () => {
  const company = await makeCompany()
  const { body } = await push(company, await approved(company, 'bank', [{ amountMinor: -500 }]))
  await product.drain()
  await product.call(pushes.undoBatch, { params: { batchId: body.batches[0]?.id ?? '' } }, company.dana)
  await loseAndRecover('push_books')
  expect(entriesOf(company)).toEqual([])
})

test('entries for a company in whose place there is another are not on their way for ever', async () => {
  const company = await makeCompany()
  dana = company.dana
  const [stands = '', id = ''] = await approved(company, 'bank', [{ amountMinor: -700 }, { amountMinor: -800 }])
  const first = await push(company, [stands])
  await product.drain()
  const { body } = await push(company, [id])
  await product.call(pushes.undoBatch, { params: { batchId: first.body.batches[0]?.id ?? '' } }, dana)
  const { clientId } = company
  expect((await product.call(books.disconnect, { params: { clientId } }, dana)).status).toBe(204)
  await look()
  // The same company may come back
  expect((await stageOf(company, id)).stage).toBe('pushing')
  await connectBooks(product, dana, clientId, 'Another Company')
  await look()
  expect(await stageOf(company, id)).toMatchObject({
    stage: 'failed',
    push: { state: 'failed', reason: expect.stringContaining('disconnected before this was sent') },
  })
  const batch = await product.call(pushes.get, { params: { batchId: body.batches[0]?.id ?? '' } }, dana)
  expect(batch.body.batch).toMatchObject({ failed: 1, state: 'failed' })
  expect(await stageOf(company, stands)).toMatchObject({
    stage: 'pushed',
    push: { state: 'pushed', reason: expect.stringContaining('It stands there still') },
  })
  expect(entriesOf(company)).toHaveLength(1)
})

test('a visit to the sign-in of a bank', async () => {
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  await product.network.settled()
  await lose('handle_webhook')
  await loseAndRecover('finish_link_session')
  const { body } = await product.call(connections.listOfClient, { params: { clientId } }, dana)
  expect(body.items).toHaveLength(1)
})

test('a connection whose accounts have not come, and the first rows of one', async () => {
  const clientId = await makeClient(product, dana)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await signInAtBank(product, dana, clientId)
  product.network.plaid.intercept(({ path }) => (path === '/accounts/get' ? ['server_error'] : null))
  await product.drain()
  product.network.plaid.intercept(null)
  expect((await product.call(connections.listOfClient, { params: { clientId } }, dana)).body.items).toMatchObject([{ accounts: [] }])
  await lose('finish_link_session')
  await look()
  const [visit] = await jobsOf('finish_link_session')
  await tasks.finish_link_session(product.deps, { firmId: dana.firmId, linkSessionId: visit?.key.split(':')[1] ?? '' })
  // The accounts are there, and the sync that they asked for is lost as well
  await lose('sync_connection')
  await lose('handle_webhook')
  await look(5 * minuteMs, 'poll_connections')
  await product.drain()
  await new Promise((resolve) => setTimeout(resolve, product.historyReadyMs))
  // And lost once more after the first look, when the bank was not ready yet
  await product.network.settled()
  await lose('handle_webhook')
  await lose('sync_connection')
  await look(31 * minuteMs, 'poll_connections')
  await product.drain()
  const { body } = await product.call(transactions.list, { query: { clientId } }, dana)
  expect(body.items.length).toBeGreaterThan(0)
})

test('a visit whose sign-in never opened is over after an hour', async () => {
  const clientId = await makeClient(product, dana)
  product.network.plaid.intercept(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return ['cut_before']
  })
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await product.admin.query(`update link_sessions set state = 'opening', finished_at = null, reason = null where client_id = $1`, [
    clientId,
  ])
  await look(30 * minuteMs)
  const state = async () => (await product.admin.query('select state from link_sessions where client_id = $1', [clientId])).rows
  expect(await state()).toEqual([{ state: 'opening' }])
  await look(31 * minuteMs)
  expect(await state()).toEqual([{ state: 'expired' }])
})

test('lists of the books that were asked for', async () => {
  const clientId = await makeClient(product, dana)
  const realmId = await connectBooks(product, dana, clientId, 'Recovered Lists')
  product.network.intuit.addVendor(realmId, 'Late Vendor')
  await product.network.settled()
  await lose('handle_webhook')
  await product.call(books.refresh, { params: { clientId } }, dana)
  await loseAndRecover('refresh_books')
  const { body } = await product.call(books.vendors, { params: { clientId } }, dana)
  expect(body.items.map(({ name }) => name)).toContain('Late Vendor')
})

test('access that is to be given back, to banks and to books, after the client is gone', async () => {
  const clientId = await makeClient(product, dana, { businessName: 'Gone Goods' })
  const { itemId } = await linkBank(product, dana, clientId)
  const realmId = await connectBooks(product, dana, clientId, 'Gone Books')
  const answer = await product.call(erasure.remove, { params: { clientId }, body: { businessName: 'Gone Goods' } }, dana)
  expect(answer.status).toBe(204)
  const lost = [...(await lose('disconnect_bank')), ...(await lose('revoke_books'))]
  expect(lost).toHaveLength(2)
  await look()
  expect(await product.drain()).toEqual([])
  expect(product.network.plaid.items().find((item) => item.itemId === itemId)?.status).toBe('removed')
  expect(product.network.intuit.companies().find((company) => company.realmId === realmId)?.connected).toBe(false)
})

test('a stored webhook, unless it is so old that looking has long found out', async () => {
  const phone = '+15035550177'
  const stop = (dedupeKey: string) => keepWebhook(product.deps, { provider: 'twilio', dedupeKey, payload: { kind: 'phone_stop', phone } })
  await stop('SM-lost')
  await loseAndRecover('handle_webhook')
  const waiting = async () =>
    (await product.admin.query<{ n: number }>('select count(*)::int as n from webhook_inbox where handled_at is null')).rows[0]?.n
  expect(await waiting()).toBe(0)
  await stop('SM-old')
  await lose('handle_webhook')
  await look(8 * 24 * 60 * minuteMs)
  expect(await jobsOf('handle_webhook')).toEqual([])
})

test('rules that were asked to run', async () => {
  const { clientId, dana: owner, bank } = await makeCompany()
  const accounts = (await product.call(books.accounts, { params: { clientId } }, owner)).body.items
  const expense = accounts.find(({ type, active }) => type === 'Expense' && active)?.id ?? ''
  await product.call(
    rules.create,
    {
      params: { clientId },
      body: {
        name: 'Fuel',
        active: true,
        direction: 'both',
        match: 'all',
        conditions: [{ field: 'description', operator: 'contains', value: 'FUELWAY' }],
        actions: { booksAccountId: expense },
      },
    },
    owner,
  )
  // Stored while the rule was saved, by somebody who did not see it
  const id = await makeTransaction(product, owner, bank, { description: 'FUELWAY 7' })
  await loseAndRecover('apply_rules')
  expect((await product.call(transactions.get, { params: { transactionId: id } }, owner)).body).toMatchObject({
    coding: { categoryBy: 'client_rule' },
  })
  await look()
  expect(await jobsOf('apply_rules')).toEqual([])
})

test('entries of the audit log that are not sealed', async () => {
  await makeClient(product, dana)
  const clientId = await makeClient(product, dana)
  await product.call(invites.create, { params: { clientId }, body: { channel: 'copy' } }, dana)
  await loseAndRecover('seal_audit')
  await product.advance(5_000)
  await product.drain()
  expect(await verifyAudit(dana.ctx)).toMatchObject({ ok: true, unsealed: 0 })
})

test('a check of the audit log that somebody asked for', async () => {
  await product.call(audit.check, {}, dana)
  await loseAndRecover('verify_audit')
  expect((await product.call(audit.checks, {}, dana)).body.check).toMatchObject({ ok: true, finishedAt: expect.any(String) })
})

test('work whose job lives is left alone, however often it failed; one given up is tried anew after a day', async () => {
  const company = await makeCompany()
  await push(company, await approved(company, 'bank', [{ amountMinor: -700 }]))
  const jobs = async () =>
    (
      await product.admin.query<{ attempts: number; run_at: Date }>(
        `select attempts, run_at from graphile_worker._private_jobs where key = (select 'push_books:' || id from books where client_id = $1)`,
        [company.clientId],
      )
    ).rows
  await product.admin.query(
    `update graphile_worker._private_jobs set attempts = 9, run_at = now() + interval '3 hours' where key like 'push_books:%'`,
  )
  await look(10 * minuteMs)
  expect(await jobs()).toEqual([expect.objectContaining({ attempts: 9 })])
  await product.admin.query(
    `update graphile_worker._private_jobs set attempts = max_attempts, updated_at = now() where key like 'push_books:%'`,
  )
  await look(10 * minuteMs)
  expect(await jobs()).toEqual([expect.objectContaining({ attempts: 25 })])
  await product.admin.query(
    `update graphile_worker._private_jobs set updated_at = now() - interval '25 hours' where key like 'push_books:%'`,
  )
  await look(10 * minuteMs)
  expect(await jobs()).toEqual([expect.objectContaining({ attempts: 0 })])
  await product.drain()
  expect(entriesOf(company)).toHaveLength(1)
})

test('a firm whose work fails keeps no other from its turn, and the look says how many failed', async () => {
  const broken = dana
  const clientId = await makeClient(product, broken)
  await product.admin.query(
    `insert into connections (firm_id, id, client_id, institution_name, provider_item_id, access_token_sealed, health, complete, created_at)
     values ($1, gen_random_uuid(), $2, 'Broken Bank', 'item-broken', 'no cipher', 'syncing', false, $3)`,
    [broken.firmId, clientId, new Date(product.deps.now().getTime() - 25 * 60 * minuteMs)],
  )
  dana = await makeFirm(product)
  const { connectionId } = await linkBank(product, dana, await makeClient(product, dana))
  await expect(look(24 * 60 * minuteMs, 'poll_connections')).rejects.toThrow(/It failed for 1 of \d+ firms/)
  expect(await jobsOf('sync_connection')).toContainEqual(expect.objectContaining({ key: `sync_connection:${connectionId}` }))
  expect(product.logs.filter((line) => line.includes('work of the schedule failed for a firm'))).toHaveLength(1)
  await product.admin.query(`delete from connections where provider_item_id = 'item-broken'`)
  await product.drain()
})

test('connections that were last looked at together come due over four hours, each within a day', async () => {
  const clientId = await makeClient(product, dana)
  const since = product.deps.now()
  await product.admin.query(
    `insert into connections (firm_id, id, client_id, institution_name, provider_item_id, health, complete, created_at, last_attempt_at, webhook_mark)
     select $1, gen_random_uuid(), $2, 'Many', 'many-' || n, 'healthy', true, $3, $3, $4 from generate_series(1, 4000) n`,
    [dana.firmId, clientId, since, product.deps.plaid.webhookMark],
  )
  /** How many are asked for at this look; they are tried at once. */
  const due = async (ms: number): Promise<number> => {
    await look(ms, 'poll_connections')
    const { rowCount } = await product.admin.query(
      `update connections set last_attempt_at = $2 where firm_id = $1 and id in (select (payload ->> 'connectionId')::uuid from graphile_worker._private_jobs where payload ->> 'firmId' = $1::text)`,
      [dana.firmId, product.deps.now()],
    )
    await product.admin.query(`delete from graphile_worker._private_jobs`)
    return rowCount ?? 0
  }
  expect(await due(18 * 60 * minuteMs + 59 * minuteMs)).toBe(0)
  const counts: number[] = []
  for (let tick = 0; tick < 50; tick++) counts.push(await due(5 * minuteMs))
  // Five minutes of four hours are 83 of them
  expect(Math.max(...counts)).toBeLessThan(130)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4_000)
  await product.admin.query('delete from connections where firm_id = $1', [dana.firmId])
}, 60_000)
