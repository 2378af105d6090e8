import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { AppError } from '../src/core/errors.ts'
import { createDb, createPool, type Db, inTransaction, withFirm } from '../src/db/client.ts'
import { makeFirm, type Person } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
let pool: pg.Pool
let db: Db
let dana: Person
beforeAll(async () => {
  product = await startTestApp()
  dana = await makeFirm(product)
  pool = createPool(product.config.databaseUrl, 3, () => {})
  db = createDb(pool)
})
afterAll(async () => {
  await pool.end()
  await product.close()
})

/** The firm that the connection of a transaction without one is set to; empty when to none. */
const firmLeft = (): Promise<unknown> =>
  inTransaction(db, async (tx) => (await tx.execute(sql`select coalesce(current_setting('app.firm', true), '') as firm`)).rows[0]?.firm)
const inFirm = (work: Parameters<typeof withFirm>[1]): Promise<unknown> => withFirm({ deps: { db }, firmId: dana.firmId }, work)
/** Uses every connection of the pool at once. */
const everywhere = (): Promise<unknown[]> => Promise.all([1, 2, 3].map(() => inFirm((tx) => tx.execute(sql`select pg_sleep(0.05)`))))

test.each([
  ['a refusal of ours', () => inFirm(async () => Promise.reject(new AppError('conflict', 'Too late.')))],
  ['a query that fails', () => inFirm((tx) => tx.execute(sql`select 1 / 0`))],
  ['a row that breaks a rule', () => inFirm((tx) => tx.execute(sql`insert into firms (firm_id) values (null)`))],
  [
    'a query that is given up',
    () => inFirm(async (tx) => (await tx.execute(sql`set local statement_timeout = 20`), tx.execute(sql`select pg_sleep(5)`))),
  ],
  ['a programmer’s mistake', () => inFirm(async () => Promise.reject(new TypeError('of ours')))],
])('after %s the connection is nobody’s', async (_what, failing) => {
  for (let times = 0; times < 9; times++) await expect(failing()).rejects.toThrow()
  expect(await Promise.all(Array.from({ length: 9 }, firmLeft))).toEqual(Array.from({ length: 9 }, () => ''))
  await everywhere()
})

test('connections that die when they are to begin are replaced, however many', async () => {
  const kill = (client: pg.PoolClient): void => {
    // The socket below the connection; no typing has it
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
    connection.stream.destroy()
  }
  pool.on('acquire', kill)
  for (let times = 0; times < 9; times++) await expect(inFirm((tx) => tx.execute(sql`select 1`))).rejects.toThrow()
  pool.off('acquire', kill)
  await everywhere()
  expect([pool.totalCount, pool.waitingCount]).toEqual([3, 0])
})

test('connections that die in the middle are replaced, and what they did is undone', async () => {
  for (let times = 0; times < 9; times++) {
    await expect(
      inFirm(async (tx) => {
        await tx.execute(sql`update firms set name = 'half done'`)
        await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)
      }),
    ).rejects.toThrow()
  }
  await everywhere()
  const { rows } = await product.admin.query('select name from firms where firm_id = $1', [dana.firmId])
  expect(rows).toEqual([{ name: 'Quillstone Accounting' }])
})
