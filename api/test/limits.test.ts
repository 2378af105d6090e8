import { auth } from '@ledgersync/shared/auth'
import { books } from '@ledgersync/shared/books'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { pushes } from '@ledgersync/shared/pushes'
import { createMetrics } from '../src/http/metrics.ts'
import { startWorker } from '../src/runner.ts'
import { makeClient, makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { type Company, pushKit } from './push-kit.ts'
import { makeBanks, mostOfEach, refusedCalls } from './storm-kit.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Work that is not done, in words. */
async function unfinished(test: TestApp): Promise<Record<string, number>> {
  const { rows } = await test.admin.query<Record<string, number>>(`
    select (select count(*)::int from pushes where state <> 'pushed') as pushes,
      (select count(*)::int from messages where state not in ('sent', 'delivered')) as messages,
      (select count(*)::int from bank_disconnects where done_at is null) as disconnects,
      (select count(*)::int from books where refreshed_at is null or refreshed_at < refresh_requested_at) as lists,
      (select count(*)::int from connections where health <> 'healthy') as connections,
      (select count(*)::int from graphile_worker._private_jobs where attempts > 0 and last_error is not null) as failed`)
  return rows[0] ?? {}
}
const stormSeconds = 25
const isDone = (left: Record<string, number>): boolean => Object.values(left).every((count) => count === 0)

/** A company with so many rows that wait to be pushed. */
async function makeApproved(test: TestApp, rows: number): Promise<Company> {
  const { makeCompany, approved } = pushKit(() => test)
  const company = await makeCompany()
  await approved(
    company,
    'bank',
    Array.from({ length: rows }, () => ({ amountMinor: -4_520 })),
  )
  return company
}
const pushAll = (test: TestApp, { dana }: Company) => test.call(pushes.create, { body: {} }, dana)

async function inviteAll(test: TestApp, dana: Person, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const clientId = await makeClient(test, dana)
    const answer = await test.call(invites.create, { params: { clientId }, body: { channel: 'both' } }, dana)
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  }
}

test('a storm of work in three workers ends done, without one refusal, and no key ever above its limit', async () => {
  const rates = { segmentsPerMinute: 60, mailsPerMinute: 40 }
  const test = await startTestApp(
    { TWILIO_MESSAGES_PER_SECOND: '1', SENDGRID_REQUESTS_PER_MINUTE: '40', DATABASE_CONNECTIONS_MAX: '30' },
    { oneClock: true, network: { sendgrid: { requestsPerMinuteMax: 40 } } },
  )
  try {
    const dana = await makeFirm(test)
    const clientIds = await makeBanks(test, dana, 3)
    const companies = [await makeApproved(test, 1_350), await makeApproved(test, 690)]
    await inviteAll(test, dana, 45)
    const workers = await Promise.all([1, 2, 3].map(() => startWorker(test.config, test.deps, createMetrics())))
    for (const company of companies) await pushAll(test, company)
    let left = await unfinished(test)
    for (let second = 0; second < 600 && (second < stormSeconds || !isDone(left)); second++) {
      // For a while everybody asks for everything all the time
      if (second < stormSeconds) {
        for (const ms of [75, 0]) {
          await Promise.all(clientIds.map((clientId) => test.call(connections.sync, { params: { clientId } }, dana)))
          await pause(ms)
        }
        await Promise.all(companies.map((company) => test.call(books.refresh, { params: { clientId: company.clientId } }, company.dana)))
      }
      await pause(150)
      // Well within the lateness that the pace allows for: calls under way see the clock jump
      await test.advance(second < stormSeconds ? 1_000 : 2_000)
      left = await unfinished(test)
    }
    await Promise.all(workers.map((worker) => worker.stop()))
    expect(left).toEqual({ pushes: 0, messages: 0, disconnects: 0, lists: 0, connections: 0, failed: 0 })
    expect(refusedCalls(test)).toEqual([])
    const seen = mostOfEach(test, rates)
    const above = [...seen].filter(([, { most, max }]) => most > max)
    expect(above).toEqual([])
    // The storm was one: this much was asked for at once, and more
    expect(seen.get(`intuit ${companies[0]?.realmId} batches`)?.most).toBeGreaterThan(25)
    expect(seen.get('twilio segments')?.most).toBeGreaterThan(40)
    expect(seen.get('sendgrid mails')?.most).toBeGreaterThan(25)
    expect(companies.map(({ realmId }) => test.network.intuit.entries(realmId).length)).toEqual([1_350, 690])
    expect(test.network.twilio.messages()).toHaveLength(45)
    expect(test.network.sendgrid.messages()).toHaveLength(45)
  } finally {
    await test.close()
  }
}, 240_000)

test('where others use up a part of the limits, all work ends all the same, and few calls are made in vain', async () => {
  const test = await startTestApp(
    {},
    {
      oneClock: true,
      network: {
        plaid: { limits: { '/transactions/sync': { item: 3, client: 6 } } },
        intuit: { requestsPerMinuteMax: 20, batchesPerMinuteMax: 3 },
        twilio: { requestsPerSecondMax: 2 },
        sendgrid: { requestsPerMinuteMax: 5 },
      },
    },
  )
  try {
    const dana = await makeFirm(test)
    const clientIds = await makeBanks(test, dana, 8)
    const company = await makeApproved(test, 240)
    await inviteAll(test, dana, 10)
    await pushAll(test, company)
    let left = await unfinished(test)
    for (let round = 0; round < 120 && (round < 3 || !isDone(left)); round++) {
      if (round < 3) for (const clientId of clientIds) await test.call(connections.sync, { params: { clientId } }, dana)
      expect(await test.drain()).toEqual([])
      await test.advance(10_000)
      left = await unfinished(test)
    }
    expect(left).toEqual({ pushes: 0, messages: 0, disconnects: 0, lists: 0, connections: 0, failed: 0 })
    expect(test.network.intuit.entries(company.realmId)).toHaveLength(240)
    expect(test.network.twilio.messages()).toHaveLength(10)
    expect(test.network.sendgrid.messages()).toHaveLength(10)
    for (const name of ['plaid', 'intuit', 'twilio', 'sendgrid'] as const) {
      const calls = test.network[name].calls.list()
      const inVain = calls.filter(({ status }) => status === 429).length
      expect(inVain).toBeGreaterThan(0)
      expect(inVain).toBeLessThanOrEqual(calls.length / 2)
    }
  } finally {
    await test.close()
  }
}, 120_000)

test('a job that is refused for too many calls comes back when it was told to, more often than it has tries', async () => {
  const test = await startTestApp({}, { oneClock: true })
  try {
    const dana = await makeFirm(test)
    const [clientId = ''] = await makeBanks(test, dana, 1)
    await test.drain()
    await test.call(connections.sync, { params: { clientId } }, dana)
    test.network.plaid.intercept(({ path }) => (path === '/transactions/sync' ? ['throttled'] : null))
    const before = test.network.plaid.calls.count('/transactions/sync')
    for (let round = 0; round < 30; round++) {
      expect(await test.drain()).toEqual([])
      const { rows } = await test.admin.query<{ attempts: number; seconds: number }>(
        `select attempts, extract(epoch from run_at - now())::float8 as seconds from graphile_worker.jobs where key like 'sync_connection:%'`,
      )
      expect(rows).toEqual([{ attempts: 0, seconds: expect.any(Number) }])
      // Two minutes and some jitter are the longest pause
      expect(rows[0]?.seconds).toBeLessThan(151)
      await test.advance(Math.ceil((rows[0]?.seconds ?? 0) * 1_000) + 50)
    }
    const inVain = test.network.plaid.calls.count('/transactions/sync') - before
    expect(inVain).toBeGreaterThanOrEqual(29)
    expect(inVain).toBeLessThanOrEqual(31)
    test.network.plaid.intercept(null)
    expect(await test.drain()).toEqual([])
    const { rows } = await test.admin.query('select health from connections')
    expect(rows).toEqual([{ health: 'healthy' }])
  } finally {
    await test.close()
  }
})

test('a code that a person waits for goes at once, however many mails wait their turn', async () => {
  const test = await startTestApp({ SENDGRID_REQUESTS_PER_MINUTE: '12' }, { oneClock: true })
  try {
    const dana = await makeFirm(test)
    await inviteAll(test, dana, 8)
    await test.drain()
    const email = 'priya@harborlight.example'
    const mailsTo = (to: string) => test.network.sendgrid.messages().filter((mail) => mail.to.email === to)
    expect(test.network.sendgrid.messages()).toHaveLength(1)
    const body = { firmName: 'Harborlight', name: 'Priya Raman', email, password: 'four lanterns on the pier' }
    expect((await test.call(auth.signUp, { body })).status).toBeLessThan(300)
    await test.drain()
    expect(mailsTo(email)).toHaveLength(1)
    expect(test.network.sendgrid.messages()).toHaveLength(2)
    for (let round = 0; round < 12; round++) {
      await test.advance(7_000)
      await test.drain()
    }
    expect(test.network.sendgrid.messages()).toHaveLength(9)
  } finally {
    await test.close()
  }
})
