import { account } from '@ledgersync/shared/account'
import { connections } from '@ledgersync/shared/connections'
import { invites } from '@ledgersync/shared/invites'
import { noteConfirmed } from '../../src/auth/self.ts'
import { releaseCompany } from '../../src/books/revocations.ts'
import { releaseAccess } from '../../src/connections/disconnects.ts'
import { createKeyring, type Place, unseal } from '../../src/core/crypto.ts'
import type { TaskName } from '../../src/core/enqueue.ts'
import { withFirm } from '../../src/db/client.ts'
import { storeStatement } from '../../src/statements/store.ts'
import { customAccount, customUser, linkBank } from '../bank-factories.ts'
import { connectBooks } from '../books-factories.ts'
import { makeClient, makeFirm, type Person } from '../factories.ts'
import { startTestApp, type TestApp } from '../harness.ts'

/** One sealed value where it stands. */
interface Sealed {
  table: string
  column: string
  firmId: string
  rowId: string
  bytes: Buffer
  plain: string
}
interface Firm {
  dana: Person
  clientId: string
  connectionId: string
}

let product: TestApp
let firms: Firm[]
let columns: { table: string; column: string }[]
let sealed: Sealed[]

beforeAll(async () => {
  product = await startTestApp({ QUIET_HOURS: 'off' }, { network: { plaid: { firstSyncReadyMs: 0 } } })
  firms = [await makeFirmWithAll('One'), await makeFirmWithAll('Two'), await makeFirmWithAll('Three')]
  const found = await product.admin.query<{ table: string; column: string }>(
    `select table_name as "table", column_name as "column" from information_schema.columns
     where table_schema = 'public' and column_name like '%\\_sealed' order by 1, 2`,
  )
  columns = found.rows
  sealed = (await Promise.all(columns.map(readColumn))).flat()
}, 90_000)
afterAll(() => product.close())

/** A firm with something in every sealed column there is. A new column is filled here. */
async function makeFirmWithAll(name: string): Promise<Firm> {
  const dana = await makeFirm(product, name)
  const clientId = await makeClient(product, dana)
  const rows = [{ amount: 5, description: `ROW OF ${name}` }]
  const { connectionId } = await linkBank(
    product,
    dana,
    clientId,
    customUser(customAccount({ type: 'depository', subtype: 'checking' }, rows)),
  )
  await connectBooks(product, dana, clientId, `Books of ${name}`)
  await product.call(connections.add, { params: { clientId }, body: {} }, dana)
  await product.call(invites.create, { params: { clientId }, body: { channel: 'email' } }, dana)
  const content = Buffer.from(`Date,Payee,Amount\n2026-10-01,Payee of ${name},5.00\n`)
  await storeStatement(dana.ctx, clientId, { fileName: 'march.csv', content }, null)
  await withFirm(dana.ctx, (tx) => noteConfirmed(tx, dana.ctx))
  expect((await product.call(account.beginSecondFactor, {}, dana)).status).toBe(201)
  await withFirm(dana.ctx, async (tx) => {
    await releaseAccess(tx, dana.ctx, clientId, `access-sandbox-of-${name}-given-back`)
    await releaseCompany(tx, dana.ctx, { realmId: `realm of ${name}`, refreshToken: `refresh-token-of-${name}-given-back` })
  })
  // Jobs that would use the values up wait until they are asked for
  await product.admin.query("update graphile_worker._private_jobs set run_at = now() + interval '1 day'")
  return { dana, clientId, connectionId }
}

/** Code names a column with or without its ending; whichever opens the value is its place. */
const namesOf = (column: string): string[] => [column, column.replace(/_sealed$/, '')]

async function open(firm: Firm, place: Place, bytes: Buffer): Promise<string | null> {
  const { ctx } = firm.dana
  return withFirm(ctx, (tx) => unseal(tx, ctx, place, bytes)).then(
    (plain) => plain,
    (error: unknown) => {
      expect(String(error)).toMatch(/^Error: What is sealed in [\w.]+ of [0-9a-f-]{36} does not belong there$/)
      return null
    },
  )
}

const firmOf = (firmId: string): Firm => {
  const firm = firms.find(({ dana }) => dana.firmId === firmId)
  if (firm === undefined) throw new Error('A row of a firm that nobody made')
  return firm
}

async function readColumn({ table, column }: { table: string; column: string }): Promise<Sealed[]> {
  const { rows } = await product.admin.query<{ firm: string; id: string; bytes: Buffer }>(
    `select firm_id as firm, id, ${column} as bytes from ${table} where ${column} is not null order by firm_id, id`,
  )
  const values: Sealed[] = []
  for (const { firm, id, bytes } of rows) {
    for (const name of namesOf(column)) {
      const plain = await open(firmOf(firm), { table, column: name, rowId: id }, bytes)
      if (plain !== null) values.push({ table, column: name, firmId: firm, rowId: id, bytes, plain })
    }
  }
  return values
}

test('every sealed column of the schema has a value of every firm here, and it opens in its place', () => {
  for (const { table, column } of columns) {
    const here = sealed.filter((value) => value.table === table && namesOf(column).includes(value.column))
    // A new column is filled in makeFirmWithAll
    expect([table, column, new Set(here.map(({ firmId }) => firmId)).size]).toEqual([table, column, firms.length])
  }
  expect(columns.length).toBeGreaterThan(6)
  for (const { plain, bytes } of sealed) expect(bytes.includes(plain.slice(0, 12))).toBe(false)
})

test('no sealed value opens in another row, column, table or firm', async () => {
  for (const value of sealed) {
    for (const place of sealed) {
      if (place === value) continue
      // What is asked for as itself in another firm's name is another place, too
      expect(await open(firmOf(place.firmId), place, value.bytes)).toBeNull()
    }
    for (const firm of firms) if (firm.dana.firmId !== value.firmId) expect(await open(firm, value, value.bytes)).toBeNull()
  }
}, 60_000)

test('nor does one that was cut, changed in any one bit, joined or made up', async () => {
  const [value] = sealed
  if (value === undefined) throw new Error('There are sealed values')
  const { bytes } = value
  const firm = firmOf(value.firmId)
  const flipped = (bit: number): Buffer => {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return changed
  }
  for (let bit = 0; bit < bytes.length * 8; bit++) expect([bit, await open(firm, value, flipped(bit))]).toEqual([bit, null])
  for (let length = 0; length < bytes.length; length++)
    expect([length, await open(firm, value, bytes.subarray(0, length))]).toEqual([length, null])
  for (const made of [
    Buffer.concat([bytes, bytes]),
    Buffer.concat([bytes, Buffer.alloc(1)]),
    Buffer.alloc(64),
    Buffer.alloc(64, 1),
    Buffer.from(value.plain),
  ])
    expect(await open(firm, value, made)).toBeNull()
  expect(await open(firm, value, bytes)).toBe(value.plain)
}, 60_000)

/** The job that opens a column, with what it carries; null for one that no job opens. */
const jobs: Record<string, [TaskName, string] | null> = {
  'bank_disconnects.access_token_sealed': ['disconnect_bank', 'disconnectId'],
  'books.access_token_sealed': ['refresh_books', 'booksId'],
  'books.refresh_token_sealed': ['refresh_books', 'booksId'],
  'books_revocations.refresh_token_sealed': ['revoke_books', 'revocationId'],
  'connections.access_token_sealed': ['sync_connection', 'connectionId'],
  'link_sessions.hosted_url_sealed': null,
  'link_sessions.link_token_sealed': ['finish_link_session', 'linkSessionId'],
  'messages.secrets_sealed': ['deliver_message', 'messageId'],
  'second_factors.secret_sealed': null,
  'statement_pieces.content_sealed': null,
}

test('every sealed column says which job opens it', () => {
  expect(Object.keys(jobs).sort()).toEqual(columns.map(({ table, column }) => `${table}.${column}`))
})

/** Runs the job of a column for every row that has a value; answers what failed. */
async function work(table: string, column: string, [task, member]: [TaskName, string]): Promise<string[]> {
  if (column === 'refresh_token_sealed') await product.admin.query("update books set access_token_expires_at = now() - interval '1 minute'")
  await product.admin.query(
    `select graphile_worker.add_job($1, json_build_object('firmId', firm_id, $2::text, id), job_key => 'sealed:' || id, max_attempts => 1)
     from ${table} where ${column} is not null`,
    [task, member],
  )
  const failures = await product.drain()
  await product.admin.query(
    "update graphile_worker._private_jobs set run_at = now() + interval '1 day' where run_at < now() + interval '1 hour'",
  )
  await product.admin.query("delete from graphile_worker._private_jobs where key like 'sealed:%'")
  return failures
}

const kinds = ['another firm’s', 'another column’s', 'one bit changed', 'cut short', 'nothing'] as const
describe.each(Object.entries(jobs).flatMap(([name, job]) => (job === null ? [] : [[name, job] as const])))('%s', (name, job) => {
  const [table = '', column = ''] = name.split('.')
  test.each(kinds)('with %s in it is refused without a call or a word, and other firms’ work goes on', async (kind) => {
    const here = sealed.filter((value) => value.table === table && namesOf(column).includes(value.column))
    const [first, second] = firms.map(({ dana }) => here.find(({ firmId }) => firmId === dana.firmId))
    if (first === undefined || second === undefined) throw new Error('Both firms have a value')
    const elsewhere = sealed.find((value) => value.firmId === first.firmId && value.table !== table)
    const put = (value: Sealed, bytes: Buffer): Promise<unknown> =>
      product.admin.query(`update ${table} set ${column} = $1 where firm_id = $2 and id = $3`, [bytes, value.firmId, value.rowId])
    const changed = Buffer.from(first.bytes)
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    const wrong: Record<(typeof kinds)[number], Buffer> = {
      'another firm’s': second.bytes,
      'another column’s': elsewhere?.bytes ?? Buffer.alloc(0),
      'one bit changed': changed,
      'cut short': first.bytes.subarray(0, 20),
      nothing: Buffer.alloc(0),
    }
    const calls = product.network.plaid.calls.list().length
    await put(first, wrong[kind])
    const failures = await work(table, column, job)
    await put(first, first.bytes)
    // What was made up for this test, the provider does not know
    const ours = failures.filter((failure) => !failure.endsWith('plaid itemRemove: INVALID_ACCESS_TOKEN (400)'))
    expect(ours).toEqual([`${job[0]}: What is sealed in ${table}.${first.column} of ${first.rowId} does not belong there`])
    const said = `${failures.join('\n')}\n${product.logs.join('\n')}\n${JSON.stringify(product.network.plaid.calls.list().slice(calls))}`
    expect(said).not.toContain(first.plain)
    for (const { plain } of sealed) expect(`${failures.join('\n')}\n${product.logs.join('\n')}`).not.toContain(plain)
  })
})

test('a data key of another firm, or wrapped by a key that is gone, opens nothing and stops nobody else', async () => {
  const [one, two, three] = firms.map(({ dana }) => dana.firmId)
  const keys = await product.admin.query<{ firm_id: string; kek_id: string; wrapped_key: Buffer }>('select * from firm_keys')
  const restore = async (): Promise<void> => {
    for (const { firm_id, kek_id, wrapped_key } of keys.rows)
      await product.admin.query('update firm_keys set kek_id = $1, wrapped_key = $2 where firm_id = $3', [kek_id, wrapped_key, firm_id])
    product.deps.keyring.dataKeys.clear()
  }
  const synced = async (): Promise<string[]> => {
    product.deps.keyring.dataKeys.clear()
    return work('connections', 'access_token_sealed', ['sync_connection', 'connectionId'])
  }
  await product.admin.query("update firm_keys set kek_id = 'gone' where firm_id = $1", [one])
  expect(await synced()).toEqual(['sync_connection: The data key of a firm is wrapped by gone, which is not configured'])
  await restore()
  await product.admin.query(
    'update firm_keys set wrapped_key = (select wrapped_key from firm_keys where firm_id = $1) where firm_id = $2',
    [two, one],
  )
  expect(await synced()).toEqual(['sync_connection: The data key of a firm does not open with test'])
  await restore()
  const keyring = createKeyring([{ id: 'test', key: Buffer.alloc(32, 1) }])
  const ctx = { firmId: three ?? '', deps: { ...product.deps, keyring } }
  const value = sealed.find(({ firmId }) => firmId === three)
  if (value === undefined) throw new Error('The third firm has values')
  await expect(withFirm(ctx, (tx) => unseal(tx, ctx, value, value.bytes))).rejects.toThrow('The data key of a firm does not open with test')
  expect(await synced()).toEqual([])
})
