import { books } from '@ledgersync/shared/books'
import { type FailedJob, countMax, type Operations, ops } from '@ledgersync/shared/ops'
import { enqueue } from '../src/core/enqueue.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { messagesTable } from '../src/db/schema/clients.ts'
import { buildDeps } from '../src/deps.ts'
import { createMetrics, measureJobs, startMetricsServer } from '../src/http/metrics.ts'
import { startWorker } from '../src/runner.ts'
import { connectBooks } from './books-factories.ts'
import { makeClient, makeFirm, makeOperator, makeStaff, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let operator: Person
beforeAll(async () => {
  product = await startTestApp()
  operator = await makeFirm(product, 'Ledgersync Operations')
  await makeOperator(product, operator)
})
afterEach(async () => {
  product.network.intuit.intercept(null)
  await product.admin.query('truncate graphile_worker._private_jobs, graphile_worker._private_job_queues')
})
afterAll(() => product.close())

const look = async (): Promise<Operations> => (await product.call(ops.get, {}, operator)).body
const taskOf = async (task: string) => (await look()).tasks.find((each) => each.task === task)
const failures = async (query: { task?: string; limit?: number; cursor?: string } = {}): Promise<FailedJob[]> =>
  (await product.call(ops.listFailures, { query }, operator)).body.items
const retry = (jobId: string) => product.call(ops.retry, { params: { jobId } }, operator)
const discard = (jobId: string) => product.call(ops.discard, { params: { jobId } }, operator)
const one = <T>(items: T[]): T => {
  const [item] = items
  if (items.length !== 1 || item === undefined) throw new Error(`Expected one, got ${items.length}`)
  return item
}

const canary = 'Bearer eyJhbGciOiJkaXIi.canary'
const clientName = 'Zephyr Lantern Works'

let count = 0

/** A firm whose QuickBooks answers 500 to everything, and the job that meets it. */
async function makeFailing(): Promise<{ dana: Person; booksId: string }> {
  const dana = await makeFirm(product, 'Harbor Ledger Partners')
  const clientId = await makeClient(product, dana, { businessName: clientName })
  count += 1
  await connectBooks(product, dana, clientId, `${clientName} ${count}`)
  const refresh = await product.call(books.refresh, { params: { clientId } }, dana)
  expect(refresh.status).toBeLessThan(300)
  product.network.intuit.intercept(() => ({ status: 500, body: { message: `${canary} of ${clientName}` } }))
  expect(await product.drain()).toEqual([expect.stringContaining('refresh_books')])
  // A notice of QuickBooks that comes late asks for the lists anew, and the failure is forgotten until the next one
  for (let round = 0; round < 5 && (await failures()).length === 0; round++) await product.drain()
  const { rows } = await product.admin.query<{ id: string }>('select id from books where client_id = $1', [clientId])
  return { dana, booksId: one(rows).id }
}

/** Lets the last try fail, too. */
async function giveUp(): Promise<void> {
  await product.admin.query(
    'update graphile_worker._private_jobs set attempts = max_attempts - 1, run_at = now() where last_error is not null',
  )
  await product.drain()
}

async function auditOf(firmId: string) {
  const { rows } = await product.admin.query<{ action: string; actor_kind: string; subject_id: string | null; details: object }>(
    `select l.action, l.actor_kind, l.subject_id, d.details from audit_log l join audit_details d on d.firm_id = l.firm_id and d.audit_id = l.id
     where l.firm_id = $1 and l.action like 'job.%' order by l.id`,
    [firmId],
  )
  return rows
}

describe('a job that fails', () => {
  test('is shown with its reason, its tries and ids, and with no secret and no name', async () => {
    const { dana, booksId } = await makeFailing()
    const answer = await product.call(ops.listFailures, {}, operator)
    expect(one(answer.body.items)).toEqual({
      id: expect.stringMatching(/^\d+$/),
      task: 'refresh_books',
      name: 'Read the QuickBooks lists',
      state: 'retrying',
      attempts: 1,
      attemptsMax: 25,
      reason: expect.stringMatching(/^quickbooks .*500/),
      queuedAt: expect.any(String),
      nextTryAt: expect.any(String),
      firmId: dana.firmId,
      subjectId: booksId,
      ifDiscarded: expect.any(String),
    })
    const all = JSON.stringify([answer.body, await look()])
    for (const secret of ['canary', 'Zephyr', 'Harbor', dana.email]) expect(all).not.toContain(secret)
    expect(await taskOf('refresh_books')).toMatchObject({ retrying: 1, due: 0, givenUp: 0 })
  })

  test('runs at once when it is retried, and the firm can read who did that', async () => {
    const { dana, booksId } = await makeFailing()
    const { id } = one(await failures())
    expect((await retry(id)).status).toBe(204)
    expect(await taskOf('refresh_books')).toMatchObject({ retrying: 0, due: 1 })
    product.network.intuit.intercept(null)
    expect(await product.drain()).toEqual([])
    expect(await failures()).toEqual([])
    const details = { operator: { id: operator.staffId, name: 'Dana Whitlock' }, task: 'refresh_books', jobId: id }
    expect(await auditOf(dana.firmId)).toEqual([{ action: 'job.retried', actor_kind: 'system', subject_id: booksId, details }])
    const line = product.logs.find((each) => each.includes('an operator acted on failed work') && each.includes(`"jobId":"${id}"`))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ operatorId: operator.staffId, action: 'job.retried', firmId: dana.firmId })
  })

  test('is given up after its last try, and then nobody but an operator brings it back', async () => {
    await makeFailing()
    await giveUp()
    const job = one(await failures())
    expect(job).toMatchObject({ state: 'given_up', attempts: 25, nextTryAt: null, reason: expect.stringMatching(/^quickbooks /) })
    product.network.intuit.intercept(null)
    await product.admin.query(`update graphile_worker._private_jobs set run_at = run_at - interval '1 day'`)
    await product.drain()
    expect(await taskOf('refresh_books')).toMatchObject({ givenUp: 1, due: 0, waiting: 0 })
    expect((await retry(job.id)).status).toBe(204)
    expect(await product.drain()).toEqual([])
    expect(await taskOf('refresh_books')).toMatchObject({ givenUp: 0, due: 0 })
  })

  test('is discarded only once it is given up, and that is audited too', async () => {
    const { dana } = await makeFailing()
    const { id } = one(await failures())
    const refused = await discard(id)
    expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ code: 'conflict' })])
    await giveUp()
    expect((await discard(id)).status).toBe(204)
    expect((await discard(id)).status).toBe(404)
    expect((await retry(id)).status).toBe(404)
    expect(await failures()).toEqual([])
    expect((await auditOf(dana.firmId)).map(({ action }) => action)).toEqual(['job.discarded'])
  })

  test('is retried once by two operators who press at the same time', async () => {
    const { dana } = await makeFailing()
    await giveUp()
    const { id } = one(await failures())
    const statuses = (await Promise.all([retry(id), retry(id), discard(id)])).map(({ status }) => status)
    expect(statuses.filter((status) => status === 204)).toHaveLength(1)
    expect(await auditOf(dana.firmId)).toHaveLength(1)
  })

  test('is left alone while a worker is at it', async () => {
    await makeFailing()
    const { id } = one(await failures())
    await product.admin.query(`update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now() where id = $1`, [id])
    expect([(await retry(id)).status, (await discard(id)).status]).toEqual([404, 404])
    expect(await failures()).toEqual([])
  })
})

/** Puts jobs of a task into the job schema, failed so many times. */
async function putFailed(task: string, payload: object, { attempts = 25, count = 1, from = '1 hour' } = {}): Promise<void> {
  await enqueue(product.deps.db, 'sweep', {}, { key: 'first' })
  await product.admin.query('insert into graphile_worker._private_tasks (identifier) values ($1) on conflict do nothing', [task])
  await product.admin.query(
    `insert into graphile_worker._private_jobs (task_id, payload, key, attempts, last_error, run_at)
     select t.id, $2, $1 || ':' || gen_random_uuid(), $3, 'plaid sync: INTERNAL_SERVER_ERROR (500)', now() + $5::interval + g * interval '1 second'
     from graphile_worker._private_tasks t, generate_series(1, $4::int) g where t.identifier = $1`,
    [task, JSON.stringify(payload), attempts, count, from],
  )
  await product.admin.query(`delete from graphile_worker._private_jobs where key = 'first'`)
}

test('all that was given up of a task comes back, each firm reads of its own, and other tasks stay', async () => {
  const [ours, theirs] = [await makeFirm(product), await makeFirm(product)]
  await putFailed('sync_connection', { firmId: ours.firmId, connectionId: newId() }, { count: 2 })
  await putFailed('sync_connection', { firmId: theirs.firmId, connectionId: newId() })
  await putFailed('push_books', { firmId: ours.firmId, booksId: newId() })
  const { status, body } = await product.call(ops.retryTask, { params: { task: 'sync_connection' } }, operator)
  expect([status, body]).toEqual([200, { retried: 3, more: false }])
  expect((await failures()).map(({ task }) => task)).toEqual(['push_books'])
  expect(await product.drain()).toEqual([])
  const detailsOf = async (firm: Person) => (await auditOf(firm.firmId)).map(({ details }) => details)
  expect(await detailsOf(ours)).toEqual([expect.objectContaining({ task: 'sync_connection', jobs: 2 })])
  expect(await detailsOf(theirs)).toEqual([expect.objectContaining({ task: 'sync_connection', jobs: 1 })])
  expect((await product.call(ops.retryTask, { params: { task: 'no_such_task' } }, operator)).status).toBe(404)
})

test('a thousand at a time, and jobs of no firm are audited with the operator’s own', async () => {
  await putFailed('handle_webhook', { webhookId: newId() }, { count: 1_001 })
  const call = async () => (await product.call(ops.retryTask, { params: { task: 'handle_webhook' } }, operator)).body
  expect([await call(), await call(), await call()]).toEqual([
    { retried: 1_000, more: true },
    { retried: 1, more: false },
    { retried: 0, more: false },
  ])
  const mine = (await auditOf(operator.firmId)).filter(({ actor_kind }) => actor_kind === 'staff')
  expect(mine.map(({ details }) => details)).toEqual([
    expect.objectContaining({ task: 'handle_webhook', jobs: 1_000 }),
    expect.objectContaining({ task: 'handle_webhook', jobs: 1 }),
  ])
})

test('a job of a firm cannot be moved from another firm’s transaction, or from none', async () => {
  const ours = await makeFirm(product)
  await putFailed('push_books', { firmId: ours.firmId, booksId: newId() })
  const { id } = one(await failures())
  const both = `select (select count(*) from ops_retry(array[${id}]))::int as retried, ops_discard(${id}) as discarded`
  const moved = { rows: [{ retried: 0, discarded: false }] }
  expect(await withFirm(operator.ctx, (tx) => tx.execute(both))).toMatchObject(moved)
  expect(await product.deps.db.execute(both)).toMatchObject(moved)
})

test('failures come page by page, the given up ones first, of one task when asked', async () => {
  const ours = await makeFirm(product)
  await putFailed('push_books', { firmId: ours.firmId, booksId: newId() }, { count: 3 })
  await putFailed('sync_connection', { firmId: ours.firmId, connectionId: newId() }, { count: 3, attempts: 2 })
  await putFailed('deliver_message', { firmId: ours.firmId, messageId: newId() }, { count: 1 })
  const seen: FailedJob[] = []
  let cursor: string | null = null
  do {
    const { body }: { body: { items: FailedJob[]; nextCursor: string | null } } = await product.call(
      ops.listFailures,
      { query: { limit: 2, ...(cursor !== null && { cursor }) } },
      operator,
    )
    expect(body.items.length).toBeLessThanOrEqual(2)
    seen.push(...body.items)
    cursor = body.nextCursor
  } while (cursor !== null)
  expect(seen.map(({ state }) => state)).toEqual([...Array(4).fill('given_up'), ...Array(3).fill('retrying')])
  expect(new Set(seen.map(({ id }) => id)).size).toBe(7)
  expect((await failures({ task: 'push_books' })).map(({ task }) => task)).toEqual(Array(3).fill('push_books'))
})

test('a job that lost its key to a successor is no failure, and is swept away with queues that have no job', async () => {
  const ours = await makeFirm(product)
  const payload = { firmId: ours.firmId, connectionId: newId() }
  const options = { key: 'sync', queue: 'sync:of-one' }
  await enqueue(product.deps.db, 'sync_connection', payload, options)
  await product.admin.query(`update graphile_worker._private_jobs set locked_by = 'pool-x', locked_at = now(), attempts = 1`)
  await enqueue(product.deps.db, 'sync_connection', payload, { ...options, runAt: new Date(Date.now() + 3_600_000) })
  // What graphile-worker does when the first one fails now
  await product.admin.query(
    `update graphile_worker._private_jobs set locked_by = null, locked_at = null, last_error = 'x' where attempts > 0`,
  )
  await enqueue(product.deps.db, 'seal_audit', { firmId: ours.firmId }, { key: 'seal', queue: 'link:of-a-visit' })
  expect(await failures()).toEqual([])
  expect(await taskOf('sync_connection')).toMatchObject({ givenUp: 0, waiting: 1 })
  await enqueue(product.deps.db, 'sweep', {}, { key: 'sweep' })
  expect(await product.drain()).toEqual([])
  await enqueue(product.deps.db, 'sweep', {}, { key: 'sweep' })
  expect(await product.drain()).toEqual([])
  const left = await product.admin.query('select queue_name from graphile_worker._private_job_queues')
  expect(left.rows).toEqual([{ queue_name: 'sync:of-one' }])
  const jobs = await product.admin.query('select key from graphile_worker._private_jobs')
  expect(jobs.rows).toEqual([{ key: 'sync' }])
})

test('a job whose worker died in its last try is a failure with a reason', async () => {
  const ours = await makeFirm(product)
  await putFailed('push_books', { firmId: ours.firmId, booksId: newId() })
  await product.admin.query('update graphile_worker._private_jobs set last_error = null')
  expect(one(await failures())).toMatchObject({ state: 'given_up', reason: 'The worker ended before the job was done.' })
})

describe('the state of work', () => {
  test('counts waiting and due jobs, and says since when the oldest could have run', async () => {
    const ours = await makeFirm(product)
    const at = (minutes: number) => new Date(Date.now() + minutes * 60_000)
    for (const minutes of [-7, -3, 5, 60, 90])
      await enqueue(product.deps.db, 'apply_rules', { firmId: ours.firmId, clientId: newId() }, { key: `a${minutes}`, runAt: at(minutes) })
    const found = await taskOf('apply_rules')
    expect(found).toMatchObject({ name: 'Apply rules', waiting: 3, due: 2, running: 0, retrying: 0, givenUp: 0 })
    const ageMs = Date.parse((await look()).databaseTime) - Date.parse(found?.oldestDueAt ?? '')
    expect(Math.round(ageMs / 60_000)).toBe(7)
  })

  test('shows the living workers, what they are at, and the queue that is held', async () => {
    const dana = await makeFirm(product)
    expect((await look()).workers).toEqual([])
    // Sealing waits for this lock, so the job runs for as long as the test likes
    const held = await product.admin.connect()
    await held.query('select pg_advisory_lock(hashtextextended($1, 0))', [`seal_audit:${dana.firmId}`])
    const worker = await startWorker(product.config, product.deps, createMetrics())
    try {
      await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'long', queue: 'of-one-firm' })
      const running = async () => (await taskOf('seal_audit'))?.running === 1
      for (let round = 0; round < 200 && !(await running()); round++) await new Promise((wait) => setTimeout(wait, 50))
      const now = await look()
      expect(now.workers).toEqual([{ name: expect.stringMatching(/:\d+$/), since: expect.any(String), running: 1 }])
      expect(now.queues).toEqual([{ queue: 'of-one-firm', name: 'Seal the audit log', heldSince: expect.any(String) }])
      expect(now.tasks.find(({ task }) => task === 'seal_audit')).toMatchObject({ running: 1, runningSince: expect.any(String) })
      expect(now.schedule.map(({ task }) => task)).toEqual([
        'ask_repairs',
        'poll_connections',
        'recover_work',
        'remind_invites',
        'rewrap_keys',
        'sweep',
      ])
    } finally {
      await held.query('select pg_advisory_unlock_all()')
      held.release()
      await worker.stop()
    }
    expect(await look()).toMatchObject({ workers: [], queues: [] })
    await product.admin.query(
      `update graphile_worker._private_known_crontabs set last_execution = '2026-03-08T12:00:00Z' where identifier = 'sweep'`,
    )
    expect((await look()).schedule.find(({ task }) => task === 'sweep')?.lastRunAt).toBe('2026-03-08T12:00:00.000Z')
  })

  test('counts webhooks that nobody handled, and outcomes that stay unknown past their time', async () => {
    const ours = await makeFirm(product)
    const clientId = await makeClient(product, ours)
    const [before, now] = [await look(), product.deps.now()]
    await product.admin.query(`select webhook_store($1, 'plaid', 'x', '{"kind": "ignored"}', $2)`, [newId(), now])
    const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
    const message = {
      firmId: ours.firmId,
      purpose: 'invite',
      channel: 'sms',
      clientId,
      toAddress: '+15035550100',
      body: 'x',
      createdAt: now,
    } as const
    await withFirm(ours.ctx, (tx) =>
      tx.insert(messagesTable).values([
        { ...message, id: newId(), state: 'sending', leaseUntil: ago(9) },
        { ...message, id: newId(), state: 'unknown', leaseUntil: ago(4) },
        // Leased still, given up for staff to decide, and settled
        { ...message, id: newId(), state: 'sending', leaseUntil: ago(-1) },
        { ...message, id: newId(), state: 'unknown', leaseUntil: null },
        { ...message, id: newId(), state: 'delivered', leaseUntil: null },
      ]),
    )
    const after = await look()
    expect(after.webhooks).toEqual({ count: before.webhooks.count + 1, oldestAt: expect.any(String) })
    expect(after.messages).toEqual({ count: before.messages.count + 2, oldestAt: ago(9).toISOString() })
    expect(after.pushes).toEqual({ count: 0, oldestAt: null })
    await product.admin.query('delete from messages; delete from webhook_inbox')
  })
})

test('looking does not keep a session alive; acting does', async () => {
  const person = await makeStaff(product, operator.firmId, 'employee')
  await makeOperator(product, person)
  const seen = async () =>
    (await product.admin.query<{ at: Date }>('select last_active_at as at from sessions where staff_id = $1', [person.staffId])).rows[0]?.at
  await product.admin.query(`update sessions set last_active_at = last_active_at - interval '30 minutes' where staff_id = $1`, [
    person.staffId,
  ])
  const before = await seen()
  expect((await product.call(ops.get, {}, person)).status).toBe(200)
  expect((await product.call(ops.listFailures, {}, person)).status).toBe(200)
  expect(await seen()).toEqual(before)
  expect((await product.call(ops.retryTask, { params: { task: 'sweep' } }, person)).status).toBe(200)
  expect(await seen()).not.toEqual(before)
})

test('the metrics have the same figures, and stay without them when the database is away', async () => {
  const ours = await makeFirm(product)
  await putFailed('push_books', { firmId: ours.firmId, booksId: newId() }, { count: 2 })
  await enqueue(
    product.deps.db,
    'sync_connection',
    { firmId: ours.firmId, connectionId: newId() },
    { key: 's', runAt: new Date(Date.now() - 90_000) },
  )
  const metrics = createMetrics()
  measureJobs(metrics, product.deps)
  const lost = createMetrics()
  const config = { ...product.config, databaseUrl: 'postgres://ledgersync_app:none@127.0.0.1:1/none' }
  const nowhere = buildDeps(config, product.deps.log, product.deps.now)
  measureJobs(lost, nowhere.deps)
  const address = { host: '127.0.0.1', port: 0, headers: {} }
  const servers = [await startMetricsServer(metrics, address), await startMetricsServer(lost, address)]
  const [here, away] = await Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    }),
  )
  await Promise.all([nowhere.pool.end(), ...servers.map((server) => new Promise((done) => server.close(done)))])
  expect(here).toContain('jobs_given_up{task="push_books"} 2\n')
  expect(here).toContain('jobs_due{task="sync_connection"} 1\n')
  expect(here).toContain('workers_live 0\n')
  const age = Number(/^jobs_oldest_due_age_seconds\{task="sync_connection"\} (\S+)$/m.exec(here ?? '')?.[1])
  expect([age > 89, age < 600]).toEqual([true, true])
  expect(away).toContain('process_cpu_seconds_total')
  expect(away).toContain('workers_live Nan')
  expect(away).not.toContain('jobs_given_up{')
})

describe('with a great many jobs', () => {
  /** Pages of the database that a query touches, within its function too. */
  async function pagesOf(query: string): Promise<number> {
    const { rows } = await product.admin.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
      `explain (analyze, buffers, format json) ${query}`,
    )
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan ?? {}
    return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
  }

  test('what the page reads is bounded, whatever waits', async () => {
    const count = 12_000
    await putFailed('push_books', { firmId: operator.firmId, booksId: newId() }, { count })
    await putFailed('sync_connection', { firmId: operator.firmId, connectionId: newId() }, { count, attempts: 3 })
    await putFailed('apply_rules', { firmId: operator.firmId, clientId: newId() }, { count: 200_000, attempts: 0 })
    await putFailed('handle_webhook', { webhookId: newId() }, { count, attempts: 0, from: '-1 day' })
    const figures = (await look()).tasks.map(({ task, waiting, due, retrying, givenUp }) => [task, waiting, due, retrying, givenUp])
    expect(figures.filter((row) => row.includes(countMax))).toEqual([
      ['apply_rules', countMax, 0, 0, 0],
      ['handle_webhook', 0, countMax, 0, 0],
      ['push_books', 0, 0, 0, countMax],
      ['sync_connection', 0, 0, countMax, 0],
    ])
    // At worst each row that is counted or shown is on a page of its own; indexes have hundreds of rows on a page, and planning
    // reads some of the catalogue. All jobs are on 7,000 pages, and each index of them has a thousand
    const pagesMax: [string, number][] = [
      [`select * from ops_tasks(${countMax})`, 4.2 * countMax],
      ['select * from ops_failures(null, null, null, null, 51)', 900],
      ["select * from ops_failures('push_books', true, now() + interval '2 hours', 1, 51)", 900],
      ['select * from ops_queues(100)', 900],
      ['select * from ops_workers(7305)', 900],
    ]
    // With no statistics, with fresh ones, and with a connection that has planned before
    for (const step of ['select', 'analyze graphile_worker._private_jobs', 'select']) {
      await product.admin.query(step)
      for (const [query, max] of pagesMax) {
        const pages = await pagesOf(query)
        expect({ step, query, pages, bounded: pages <= max }).toEqual({ step, query, pages, bounded: true })
      }
    }
  }, 120_000)
})
