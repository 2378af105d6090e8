import fc from 'fast-check'
import pg from 'pg'
import { createDb, createPool } from '../src/db/client.ts'
import { comeBackMs, ProviderError } from '../src/core/errors.ts'
import { createPace, type Limit, limitOf, type Pace, type Turn } from '../src/core/pace.ts'
import { startTestApp, type TestApp } from './harness.ts'
import { mostIn } from './storm-kit.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

let count = 0
const newKey = (): string => `test/${(count += 1)}`
/** Any day will do: the clock of these tests stands still until they move it. */
const noon = 1_700_000_000_000

interface Ask {
  at: number | null
  urgent?: boolean
  cost?: number
  waitMax?: number
  id?: string
}
interface Answer {
  granted: boolean
  wait_ms: number
  busy: boolean
}

const rowsOf = (limits: readonly Limit[]) =>
  limits.map(({ key, everyMs, burst, reserved, atOnce }) => ({
    key,
    every: everyMs,
    burst,
    reserved,
    ...(atOnce && { atOnce: atOnce.max, atOnceReserved: atOnce.reserved, lease: atOnce.leaseMs }),
  }))

async function take(
  limits: readonly Limit[],
  { at, urgent = false, cost = 1, waitMax = 0, id = String((count += 1)) }: Ask,
  client: pg.Pool | pg.Client = product.admin,
): Promise<Answer> {
  const caller = JSON.stringify({ id, cost, urgent, waitMax, shift: 0 })
  const { rows } = await client.query<Answer>('select * from pace_take($1, $2, $3)', [JSON.stringify(rowsOf(limits)), caller, at])
  const [row] = rows
  if (row === undefined) throw new Error('pace_take always answers')
  return row
}

test('no sliding minute holds more calls than the limit, whatever is asked for and when, and a caller who comes back as told gets in', async () => {
  const step = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 500 }), fc.integer({ min: 500, max: 40_000 })),
    which: fc.constantFrom<readonly ('one' | 'other' | 'all')[]>(['one', 'all'], ['other', 'all'], ['all']),
    urgent: fc.boolean(),
    cost: fc.constantFrom(1, 1, 1, 3),
    waitMax: fc.constantFrom(0, 500, 5_000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 250 }), async (steps) => {
      const at = { now: noon }
      const settings = {
        one: { callsMax: 15, burst: 8 },
        other: { callsMax: 40, burst: 20, reserved: 5 },
        all: { callsMax: 60, burst: 12, reserved: 2 },
      }
      const limits = {
        one: limitOf(newKey(), settings.one),
        other: limitOf(newKey(), settings.other),
        all: limitOf(newKey(), settings.all),
      }
      const turns = { one: [], other: [], all: [] } as Record<keyof typeof limits, { at: number; cost: number }[]>
      for (const { afterMs, which, ...ask } of steps) {
        at.now += afterMs
        const answer = await take(
          which.map((name) => limits[name]),
          { at: at.now, ...ask },
        )
        expect(answer.wait_ms).toBeGreaterThanOrEqual(0)
        if (!answer.granted) continue
        expect(answer.wait_ms).toBeLessThanOrEqual(ask.waitMax)
        for (const name of which) turns[name].push({ at: at.now + answer.wait_ms, cost: ask.cost })
      }
      // Counted where they arrive: up to five seconds later than they left
      for (const name of ['one', 'other', 'all'] as const) expect(mostIn(turns[name], 65_000)).toBeLessThanOrEqual(settings[name].callsMax)
      const refused = await take([limits.one, limits.all], { at: at.now, urgent: true })
      const again = await take([limits.one, limits.all], { at: at.now + refused.wait_ms + 0.01, urgent: true })
      expect(refused.granted || again.granted).toBe(true)
    }),
    { numRuns: 25 },
  )
})

test.each([
  { callsMax: 500, burst: 100 },
  { callsMax: 50, burst: 25 },
  { callsMax: 15, burst: 8 },
  { callsMax: 2, burst: 1 },
])('who takes every turn as early as it can gets the whole limit in a minute and the lateness, and not one more: %o', async (rate) => {
  const limit = limitOf(newKey(), rate)
  const turns: { at: number; cost: number }[] = []
  for (let now = noon; now < noon + 3 * 65_000; ) {
    const answer = await take([limit], { at: now, urgent: true })
    now += answer.wait_ms
    if (answer.granted) turns.push({ at: now, cost: 1 })
    // Asked a little earlier than told: a turn does not come before its time
    else if (answer.wait_ms > 1) expect(await take([limit], { at: now - 1, urgent: true })).toMatchObject({ granted: false })
    now += 0.001
  }
  expect(mostIn(turns, 65_000)).toBeLessThanOrEqual(rate.callsMax)
  expect(mostIn(turns, 65_000)).toBeGreaterThanOrEqual(rate.callsMax - 1)
})

test('many connections at one moment share one bucket: as many turns as there are, no two at the same time', async () => {
  const limit = limitOf(newKey(), { callsMax: 50, burst: 20 })
  const other = [limitOf(newKey(), { callsMax: 5_000, burst: 1_000 }), limitOf(newKey(), { callsMax: 5_000, burst: 1_000 })]
  const clients = Array.from({ length: 12 }, () => new pg.Client({ connectionString: product.config.databaseUrl }))
  await Promise.all(clients.map((client) => client.connect()))
  const answers: Answer[] = []
  await Promise.all(
    clients.map(async (client, index) => {
      for (let turn = 0; turn < 10; turn++) {
        // Keys in different orders: nobody may wait for somebody who waits for them
        const limits = index % 2 === 0 ? [limit, ...other] : [...other.toReversed(), limit]
        answers.push(await take(limits, { at: noon, waitMax: 10_000 }, client))
      }
    }),
  )
  await Promise.all(clients.map((client) => client.end()))
  const waits = answers.filter(({ granted }) => granted).map(({ wait_ms: wait }) => Math.round(wait))
  expect(waits).toHaveLength(20 + Math.floor(10_000 / limit.everyMs))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(20)
  expect(new Set(waits.filter((wait) => wait > 0)).size).toBe(waits.length - 20)
})

test('who is sent away is told a time of their own, and finds a turn then', async () => {
  const limit = limitOf(newKey(), { callsMax: 30, burst: 10 })
  for (let turn = 0; turn < 10; turn++) expect((await take([limit], { at: noon })).granted).toBe(true)
  const away: number[] = []
  for (let turn = 0; turn < 30; turn++) away.push((await take([limit], { at: noon })).wait_ms)
  expect(new Set(away.map(Math.round)).size).toBe(30)
  for (const wait of away) expect(await take([limit], { at: noon + wait + 0.01 })).toMatchObject({ granted: true })
})

test('what waits in bulk leaves turns for what somebody waits for, and never goes before it', async () => {
  const limit = limitOf(newKey(), { callsMax: 60, burst: 10, reserved: 3 })
  const bulk: Answer[] = []
  for (let turn = 0; turn < 50; turn++) bulk.push(await take([limit], { at: noon, waitMax: 500 }))
  expect(bulk.filter(({ granted }) => granted)).toHaveLength(7)
  for (let turn = 0; turn < 3; turn++) expect(await take([limit], { at: noon, urgent: true })).toMatchObject({ granted: true, wait_ms: 0 })
  expect(await take([limit], { at: noon, urgent: true })).toMatchObject({ granted: false, wait_ms: limit.everyMs })
})

test('a clock that is set back freezes nobody: at worst everything has just been used', async () => {
  const atOnce = { max: 2, reserved: 0, leaseMs: 30_000, restMs: 1_000 }
  const limit = limitOf(newKey(), { callsMax: 30, burst: 10 }, atOnce)
  const paused = limitOf(newKey(), { callsMax: 30, burst: 10 })
  const later = noon + 5 * 3_600_000
  for (let turn = 0; turn < 2; turn++) expect((await take([limit], { at: later })).granted).toBe(true)
  await product.admin.query('select pace_pause($1, null, 60, 0, $2)', [paused.key, later])
  for (let turn = 0; turn < 20; turn++) await take([paused], { at: later })
  // Five hours back
  expect(await take([limit], { at: noon })).toMatchObject({ granted: false, busy: true })
  expect(await take([limit], { at: noon + 30_001 })).toMatchObject({ granted: true })
  const told = await take([paused], { at: noon })
  expect(told.granted).toBe(false)
  expect(told.wait_ms).toBeLessThanOrEqual(60_000 + 20 * paused.everyMs)
  expect(await take([paused], { at: noon + 60_001 })).toMatchObject({ granted: true })
})

test('a pause that the provider asks for holds for everybody; asked for again and again it grows, to two minutes at most', async () => {
  const limit = limitOf(newKey(), { callsMax: 60, burst: 30 })
  const pause = async (at: number, seconds: number | null, wider: string | null = null): Promise<number> =>
    (await product.admin.query<{ ms: number }>('select pace_pause($1, $2, $3, 0, $4) as ms', [limit.key, wider, seconds, at])).rows[0]
      ?.ms ?? 0
  expect(await pause(noon, 60)).toBe(60_000)
  expect(await take([limit], { at: noon + 59_000, waitMax: 500 })).toMatchObject({ granted: false })
  expect(await take([limit], { at: noon + 59_000, waitMax: 1_500 })).toMatchObject({ granted: true, wait_ms: 1_000 })
  let at = noon + 3_600_000
  const lengths: number[] = []
  for (let strike = 0; strike < 8; strike++) {
    const ms = await pause(at, null)
    // Those who were under way at the same time heard the same
    expect(await pause(at + 1, null)).toBeCloseTo(ms - 1)
    lengths.push(ms)
    at += ms + 1
  }
  lengths.forEach((ms, strike) => {
    const middle = Math.min(5_000 * 2 ** strike, 120_000)
    expect(ms).toBeGreaterThanOrEqual(middle * 0.75)
    expect(ms).toBeLessThanOrEqual(middle * 1.25)
  })
  // After a calm time it begins small again
  expect(await pause(at + 600_000, null)).toBeLessThanOrEqual(6_250)
})

test('one that is refused pauses itself; three at once pause the account', async () => {
  const account = newKey()
  const ofAccount = limitOf(account, { callsMax: 60, burst: 30 })
  const pause = (name: string) => product.admin.query('select pace_pause($1, $2, null, 0, $3)', [`${account}/${name}`, account, noon])
  await pause('a')
  await pause('b')
  expect(await take([ofAccount], { at: noon })).toMatchObject({ granted: true })
  await pause('c')
  expect(await take([ofAccount], { at: noon })).toMatchObject({ granted: false })
})

function otherProcess(): { pace: Pace; end(): Promise<void> } {
  const pool = createPool(product.config.databaseUrl, 10, () => {})
  return { pace: createPace({ db: createDb(pool), log: product.deps.log, shiftMs: () => 0 }), end: () => pool.end() }
}

const turnUnder = (limit: Limit, more: Partial<Turn> = {}): Turn => ({
  provider: 'quickbooks',
  operation: 'test',
  limits: [limit],
  urgent: false,
  patienceMs: 30_000,
  callMs: 10_000,
  ...more,
})
const failureOf = async (call: Promise<unknown>): Promise<ProviderError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ProviderError)) throw new Error(`Expected a ProviderError, got ${String(error)}`)
  return error
}

test('two processes together have no more calls under way than are allowed, nor more in any second', async () => {
  const limit = limitOf(newKey(), { callsMax: 500, burst: 100 }, { max: 4, reserved: 0, leaseMs: 30_000, restMs: 1_000 })
  const [one, other] = [otherProcess(), otherProcess()]
  let [underWay, most] = [0, 0]
  const arrivals: { at: number; cost: number }[] = []
  const call = async (): Promise<void> => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise((resolve) => setTimeout(resolve, 20))
    arrivals.push({ at: performance.now(), cost: 1 })
    await new Promise((resolve) => setTimeout(resolve, 30))
    underWay -= 1
  }
  await Promise.all(Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? one : other).pace.inTurn(turnUnder(limit), call)))
  await Promise.all([one.end(), other.end()])
  expect(arrivals).toHaveLength(12)
  expect(most).toBeLessThanOrEqual(4)
  expect(mostIn(arrivals, 1_000)).toBeLessThanOrEqual(4)
})

test('a refusal pauses the key in every process, and says when to come back', async () => {
  const limit = limitOf(newKey(), { callsMax: 500, burst: 100 })
  const other = otherProcess()
  const refusal = new ProviderError({
    provider: 'quickbooks',
    operation: 'test',
    outcome: 'refused',
    status: 429,
    code: '3001',
    transient: true,
    retryAfterSeconds: 60,
  })
  const failed = await failureOf(product.deps.pace.inTurn(turnUnder(limit), () => Promise.reject(refusal)))
  expect(failed).toMatchObject({ code: '3001', retryAfterSeconds: 60 })
  let calls = 0
  const sentAway = await failureOf(other.pace.inTurn(turnUnder(limit, { patienceMs: 500 }), async () => void (calls += 1)))
  await other.end()
  expect(sentAway).toMatchObject({ outcome: 'refused', transient: true, status: null, code: 'not_yet' })
  expect(comeBackMs(sentAway)).toBeGreaterThan(50_000)
  expect(calls).toBe(0)
})

test('somebody who waits is told how long the call may still take, and is sent away in time', async () => {
  const limit = limitOf(newKey(), { callsMax: 60, burst: 2 })
  const urgent = turnUnder(limit, { urgent: true, patienceMs: 3_000, callMs: 10_000 })
  const timeouts: number[] = []
  for (let turn = 0; turn < 3; turn++) await product.deps.pace.inTurn(urgent, async (timeoutMs) => void timeouts.push(timeoutMs))
  expect(timeouts[2]).toBeLessThan(10_000 - limit.everyMs / 2)
  const startedAt = performance.now()
  const failed = await failureOf(product.deps.pace.inTurn({ ...urgent, patienceMs: 100 }, async () => {}))
  expect(failed.code).toBe('not_yet')
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('whoever the database kept waiting far beyond the patience does not call: what was held for the call may be another’s by now', async () => {
  const limit = limitOf(newKey(), { callsMax: 500, burst: 100 })
  await product.deps.pace.inTurn(turnUnder(limit), async () => {})
  const holder = await product.admin.connect()
  await holder.query('begin')
  await holder.query('select from pace where key = $1 for update', [limit.key])
  let calls = 0
  const waiting = failureOf(product.deps.pace.inTurn(turnUnder(limit, { patienceMs: 100 }), async () => void (calls += 1)))
  await new Promise((resolve) => setTimeout(resolve, 2_800))
  await holder.query('commit')
  holder.release()
  expect(await waiting).toMatchObject({ outcome: 'refused', transient: true, code: 'not_yet' })
  expect(calls).toBe(0)
})

test('without the database nothing is called, and the caller knows that nothing happened', async () => {
  const gone = createPool('postgres://ledgersync_app:test@127.0.0.1:1/nowhere', 1, () => {})
  const pace = createPace({ db: createDb(gone), log: product.deps.log, shiftMs: () => 0 })
  let calls = 0
  const failed = await failureOf(pace.inTurn(turnUnder(limitOf(newKey(), { callsMax: 2, burst: 1 })), async () => void (calls += 1)))
  await gone.end()
  expect(failed).toMatchObject({ outcome: 'refused', transient: true, code: 'no_turn' })
  expect(calls).toBe(0)
})

test('a bucket nobody has asked for a day leaves no row', async () => {
  const [idle, busy] = [limitOf(newKey(), { callsMax: 5, burst: 2 }), limitOf(newKey(), { callsMax: 5, burst: 2 })]
  await take([idle], { at: Date.now() - 2 * 86_400_000 })
  await take([busy], { at: null })
  await product.admin.query('select pace_sweep(86400000, 0)')
  const { rows } = await product.admin.query<{ key: string }>('select key from pace where key in ($1, $2)', [idle.key, busy.key])
  expect(rows).toEqual([{ key: busy.key }])
})
