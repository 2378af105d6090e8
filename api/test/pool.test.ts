import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { AppError } from '../src/core/errors.ts'
import { newId } from '../src/core/ids.ts'
import { publish } from '../src/core/publish.ts'
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

test('what is asked again and again is parsed once by each connection; searches and lists of many values are not kept', async () => {
  const single = createPool(product.config.databaseUrl, 1, () => {})
  const ask = (work: Parameters<typeof inTransaction>[1]) => inTransaction(createDb(single), work)
  const kept = async (words: string): Promise<unknown> =>
    (await single.query('select count(*)::int as n from pg_prepared_statements where strpos(statement, $1) > 0', [words])).rows[0]
  for (const firm of [dana.firmId, dana.staffId, dana.firmId]) {
    await ask((tx) => tx.execute(sql`select 'often', count(*) from firms where firm_id = ${firm}`))
    await ask((tx) => tx.execute(sql`select 'search', name from firms where starts_with(name, ${firm})`))
    await ask((tx) =>
      tx.execute(
        sql`select 'list' where 1 in (${sql.join(
          Array.from({ length: 50 }, (_, n) => sql`${n}::int`),
          sql`, `,
        )})`,
      ),
    )
  }
  expect([await kept("select 'often'"), await kept("select 'list'"), await kept("select 'search'")]).toEqual([{ n: 1 }, { n: 0 }, { n: 0 }])
  await single.end()
})

test('a statement whose table was changed under it fails at most once', async () => {
  const single = createPool(product.config.databaseUrl, 1, () => {})
  await product.admin.query('create table changing as select 1 as id; grant select on changing to public')
  const ask = () => inTransaction(createDb(single), async (tx) => (await tx.execute(sql`select * from changing where id = ${1}::int`)).rows)
  for (let times = 0; times < 6; times++) await ask()
  await product.admin.query("alter table changing add column word text not null default 'new'")
  await ask().catch(() => null)
  for (let times = 0; times < 3; times++) expect(await ask()).toEqual([{ id: 1, word: 'new' }])
  await product.admin.query('drop table changing')
  await single.end()
})

test('a transaction may tell of any number of changes', async () => {
  await withFirm(dana.ctx, async (tx) => {
    for (let nth = 0; nth < 2_000; nth++) await publish(tx, dana.ctx, 'invites', newId())
  })
})
