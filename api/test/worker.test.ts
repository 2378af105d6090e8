import { sql } from 'drizzle-orm'
import type { WorkerEventMap } from 'graphile-worker'
import { guardWorkers } from '../src/dead-workers.ts'
import { startMetricsServer, createMetrics } from '../src/http/metrics.ts'
import { enqueue } from '../src/core/enqueue.ts'
import { type Tx, withFirm } from '../src/db/client.ts'
import { sweepJobs } from '../src/db/ops.ts'
import { startWorker } from '../src/runner.ts'
import { verifyAudit } from '../src/core/audit.ts'
import { makeFirm } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

test('a job whose worker died is done soon after the next start, its queue too', async () => {
  const dana = await makeFirm(product)
  await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'died', queue: 'died' })
  await product.admin.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-dead', locked_at = now(), attempts = 1 where key = 'died'`,
  )
  await product.admin.query(
    `update graphile_worker._private_job_queues set locked_by = 'worker-dead', locked_at = now() where queue_name = 'died'`,
  )
  const worker = await startWorker(product.config, product.deps, createMetrics())
  try {
    const left = async () => (await product.admin.query(`select 1 from graphile_worker._private_jobs where key = 'died'`)).rowCount
    for (let round = 0; round < 400 && (await left()) !== 0; round++) await new Promise((wait) => setTimeout(wait, 50))
    expect(await left()).toBe(0)
    expect(await verifyAudit(dana.ctx)).toMatchObject({ ok: true })
  } finally {
    await worker.stop()
  }
})

test('a job whose worker died is not left behind when its successor has done the work', async () => {
  const dana = await makeFirm(product)
  const ask = () => enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'superseded' })
  await ask()
  await product.admin.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-dead', locked_at = now(), attempts = 2, last_error = 'a try before' where key = 'superseded'`,
  )
  await ask()
  const left = async () =>
    (await product.admin.query(`select 1 from graphile_worker._private_jobs where payload->>'firmId' = $1`, [dana.firmId])).rowCount
  expect(await left()).toBe(2)
  const worker = await startWorker(product.config, product.deps, createMetrics())
  try {
    for (let round = 0; round < 400 && (await left()) !== 0; round++) await new Promise((wait) => setTimeout(wait, 50))
    expect(await left()).toBe(0)
  } finally {
    await worker.stop()
  }
})

test('work by the clock that died with its worker is no failure for ever: the clock brings it again', async () => {
  await product.admin.query(
    `select graphile_worker.add_job('recover_work', '{"_cron":{"ts":"2026-01-01T00:02:00Z","backfilled":false}}'::json, max_attempts => 1)`,
  )
  const mine = `task_id = (select id from graphile_worker._private_tasks where identifier = 'recover_work') and payload -> '_cron' ->> 'ts' = '2026-01-01T00:02:00Z'`
  await product.admin.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-dead', locked_at = now(), attempts = 1 where ${mine}`,
  )
  const left = async () => (await product.admin.query(`select 1 from graphile_worker._private_jobs where ${mine}`)).rowCount
  expect(await left()).toBe(1)
  const worker = await startWorker(product.config, product.deps, createMetrics())
  try {
    for (let round = 0; round < 400 && (await left()) !== 0; round++) await new Promise((wait) => setTimeout(wait, 50))
    expect(await left()).toBe(0)
  } finally {
    await worker.stop()
  }
})

test('work that was given up, left to the operators for a day and not asked for again is no failure for ever', async () => {
  const given = async (key: string, error: string | null, age: string) => {
    await product.admin.query(`select graphile_worker.add_job('sweep', '{}'::json, job_key => $1)`, [key])
    await product.admin.query(
      'update graphile_worker._private_jobs set attempts = max_attempts, last_error = $2, updated_at = now() - $3::interval where key = $1',
      [key, error, age],
    )
  }
  await given('died', null, '26 hours')
  await given('failed', 'It was refused', '26 hours')
  await given('just died', null, '20 hours')
  await given('just failed', 'It was refused', '20 hours')
  await sweepJobs(product.deps.db)
  const { rows } = await product.admin.query<{ key: string }>(
    "select key from graphile_worker._private_jobs where key in ('died', 'failed', 'just died', 'just failed') order by key",
  )
  expect(rows.map(({ key }) => key)).toEqual(['just died', 'just failed'])
  await product.admin.query("delete from graphile_worker._private_jobs where key in ('just died', 'just failed')")
})

test('a job that is asked for in the moment in which a worker takes the one before it comes after that one', async () => {
  const dana = await makeFirm(product)
  const ask = () => enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'just-taken' })
  await ask()
  const taking = await product.admin.connect()
  await taking.query('begin')
  await taking.query(
    `update graphile_worker._private_jobs set locked_by = 'worker-quick', locked_at = now(), attempts = 1 where key = 'just-taken'`,
  )
  const asked = ask()
  const waits = async () =>
    (await product.admin.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%enqueue(%'`)).rowCount
  for (let round = 0; round < 1_000 && (await waits()) === 0; round++) await new Promise((wait) => setTimeout(wait, 20))
  await taking.query('commit')
  taking.release()
  await asked
  const { rows } = await product.admin.query(
    `select locked_at is null as waits from graphile_worker._private_jobs where payload->>'firmId' = $1 order by id`,
    [dana.firmId],
  )
  expect(rows).toEqual([{ waits: false }, { waits: true }])
  await product.admin.query(`delete from graphile_worker._private_jobs where payload->>'firmId' = $1`, [dana.firmId])
})

test('whoever asks for a job before taking hold of a row waits for nobody who did it the other way round', async () => {
  const dana = await makeFirm(product)
  const ask = (tx: Tx) => enqueue(tx, 'seal_audit', { firmId: dana.firmId }, { key: 'of-both' })
  const hold = (tx: Tx) => tx.execute(sql`select 1 from staff where firm_id = ${dana.firmId} and id = ${dana.staffId} for update`)
  let [hasAsked, holds] = [(): void => {}, (): void => {}]
  const firstAsked = new Promise<void>((resolve) => (hasAsked = resolve))
  const secondHolds = new Promise<void>((resolve) => (holds = resolve))
  const first = withFirm(dana.ctx, async (tx) => {
    await ask(tx)
    hasAsked()
    await secondHolds
    await hold(tx)
  })
  const second = withFirm(dana.ctx, async (tx) => {
    await firstAsked
    await hold(tx)
    holds()
    await ask(tx)
  })
  await Promise.all([first, second])
  const { rowCount } = await product.admin.query(`select 1 from graphile_worker._private_jobs where key = 'of-both'`)
  expect(rowCount).toBe(1)
})

test('a worker that starts leaves the running jobs of the others alone', async () => {
  const dana = await makeFirm(product)
  // Sealing waits for this lock, so the job runs for as long as the test likes
  const held = await product.admin.connect()
  await held.query('select pg_advisory_lock(hashtextextended($1, 0))', [`seal_audit:${dana.firmId}`])
  const first = await startWorker(product.config, product.deps, createMetrics())
  const others: Awaited<ReturnType<typeof startWorker>>[] = []
  try {
    await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'long', queue: 'long' })
    const holder = async (): Promise<string | null | undefined> =>
      (await product.admin.query<{ locked_by: string | null }>(`select locked_by from graphile_worker._private_jobs where key = 'long'`))
        .rows[0]?.locked_by
    for (let round = 0; round < 400 && (await holder()) === null; round++) await new Promise((wait) => setTimeout(wait, 50))
    const before = await holder()
    expect(before).toEqual(expect.any(String))
    others.push(await startWorker(product.config, product.deps, createMetrics()))
    expect(await holder()).toBe(before)
  } finally {
    await held.query('select pg_advisory_unlock_all()')
    held.release()
    await Promise.all([first, ...others].map((worker) => worker.stop()))
  }
})

test('what a runner held that has ended is set free when its process starts the next', async () => {
  const dana = await makeFirm(product)
  await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'of-the-first' })
  const guard = await guardWorkers(product.config.databaseOwnerUrl, product.deps.log)
  // Of a pool the guard reads its name only
  const starts = (id: string) => guard.events.emit('pool:create', { workerPool: { id } } as WorkerEventMap['pool:create'])
  const holder = async (): Promise<string | null | undefined> =>
    (
      await product.admin.query<{ locked_by: string | null }>(
        `select locked_by from graphile_worker._private_jobs where key = 'of-the-first'`,
      )
    ).rows[0]?.locked_by
  try {
    starts('pool-first')
    await guard.isSeen()
    await product.admin.query(
      `update graphile_worker._private_jobs set locked_by = 'pool-first', locked_at = now() where key = 'of-the-first'`,
    )
    const other = await guardWorkers(product.config.databaseOwnerUrl, product.deps.log)
    await other.stop()
    expect(await holder()).toBe('pool-first')
    starts('pool-second')
    for (let round = 0; round < 400 && (await holder()) !== null; round++) await new Promise((wait) => setTimeout(wait, 50))
    expect(await holder()).toBeNull()
  } finally {
    await guard.stop()
  }
})

test('a worker takes no job before others can see that it lives', async () => {
  const dana = await makeFirm(product)
  const { databaseOwnerUrl } = product.config
  const [owner, database] = [new URL(databaseOwnerUrl).username, new URL(databaseOwnerUrl).pathname.slice(1)]
  // Sealing waits for this lock, so the job runs for as long as the test likes
  const held = await product.admin.connect()
  await held.query('select pg_advisory_lock(hashtextextended($1, 0))', [`seal_audit:${dana.firmId}`])
  await held.query(`create schema slow; grant usage on schema slow to public;
    create function slow.pg_advisory_lock(class int, id int) returns void language sql
      as 'select pg_sleep(0.5); select pg_catalog.pg_advisory_lock(class, id)';
    alter role "${owner}" in database "${database}" set search_path = slow, pg_catalog, public`)
  await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: 'taken-at-once' })
  const holder = async (): Promise<string | null | undefined> =>
    (
      await product.admin.query<{ locked_by: string | null }>(
        `select locked_by from graphile_worker._private_jobs where key = 'taken-at-once'`,
      )
    ).rows[0]?.locked_by
  const worker = await startWorker(product.config, product.deps, createMetrics())
  try {
    for (let round = 0; round < 2_000 && (await holder()) === null; round++) await new Promise((wait) => setTimeout(wait, 5))
    const taker = await holder()
    expect(taker).toEqual(expect.any(String))
    const other = await guardWorkers(databaseOwnerUrl, product.deps.log)
    await other.stop()
    expect(await holder()).toBe(taker)
  } finally {
    await held.query(`alter role "${owner}" in database "${database}" reset search_path`)
    await held.query('drop schema slow cascade; select pg_advisory_unlock_all()')
    held.release()
    await worker.stop()
  }
})

test('two workers leave each other alone', async () => {
  const setFree = () => product.logs.filter((line) => line.includes('dead workers were set free')).length
  const before = setFree()
  const [one, other] = [
    await startWorker(product.config, product.deps, createMetrics()),
    await startWorker(product.config, product.deps, createMetrics()),
  ]
  await Promise.all([one.stop(), other.stop()])
  expect(setFree()).toBe(before)
})

test('metrics are served on a port of their own, and nothing else is', async () => {
  const server = await startMetricsServer(createMetrics(), { host: '127.0.0.1', port: 0, headers: {} })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('process_cpu_seconds_total')
    expect((await fetch(`http://127.0.0.1:${port}/v1/clients`)).status).toBe(404)
    expect((await product.request().get('/metrics')).text).not.toContain('process_cpu_seconds_total')
  } finally {
    await new Promise((done) => server.close(done))
  }
})

test('when the tests have run what was due, nothing is held any more', async () => {
  const dana = await makeFirm(product)
  for (let round = 0; round < 20; round++) {
    await enqueue(product.deps.db, 'seal_audit', { firmId: dana.firmId }, { key: `due ${round}`, queue: `due ${round}` })
    await product.drain()
    const { rows } = await product.admin.query(
      `select queue_name from graphile_worker._private_job_queues where locked_at is not null
       union all select key from graphile_worker._private_jobs where locked_at is not null`,
    )
    expect(rows).toEqual([])
  }
})
