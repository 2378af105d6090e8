import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { systemCtx } from '../src/core/context.ts'
import { newId } from '../src/core/ids.ts'
import { withFirm } from '../src/db/client.ts'
import { globalTables } from '../src/db/global-tables.ts'
import * as access from '../src/db/schema/access.ts'
import * as banks from '../src/db/schema/banks.ts'
import * as books from '../src/db/schema/books.ts'
import * as bulk from '../src/db/schema/bulk.ts'
import * as clients from '../src/db/schema/clients.ts'
import * as firms from '../src/db/schema/firms.ts'
import * as ledger from '../src/db/schema/ledger.ts'
import * as templates from '../src/db/schema/templates.ts'
import * as statements from '../src/db/schema/statements.ts'
import * as uploads from '../src/db/schema/uploads.ts'
import { catalogueProblems } from './catalogue-kit.ts'
import { makeClient, makeFirm } from './factories.ts'
import { startTestApp, type TestApp } from './harness.ts'

let product: TestApp
beforeAll(async () => {
  product = await startTestApp()
})
afterAll(() => product.close())

test('nobody sees or does more than was reviewed: tables, policies, rights, schemas, functions and roles', async () => {
  const client = await product.admin.connect()
  try {
    expect(await catalogueProblems(client)).toEqual([])
    const tables = await client.query(
      "select 1 from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relrowsecurity",
    )
    expect(tables.rowCount).toBeGreaterThan(40)
  } finally {
    client.release()
  }
})

test.each([
  ['a table without row security', 'create table loose (firm_id uuid, id uuid)'],
  ['row security that its owner does not obey', 'alter table clients no force row level security'],
  ['one more policy', 'create policy anyone on connections using (true) with check (true)'],
  [
    'a policy with a way around',
    `drop policy firm on second_factors; create policy firm on second_factors to ledgersync_app, ledgersync_owner
       using (firm_id = nullif(current_setting('app.firm', true), '')::uuid or true) with check (firm_id = nullif(current_setting('app.firm', true), '')::uuid)`,
  ],
  ['a table in another schema', 'create schema aside; create table aside.notes (id uuid); grant usage on schema aside to ledgersync_app'],
  [
    'one more function that reads across firms',
    `create function all_connections() returns setof connections language sql security definer set search_path = pg_catalog, public
       as 'select * from connections'; alter function all_connections() owner to ledgersync_lookup`,
  ],
  ['a function that anybody may call', 'grant execute on function firm_ids(uuid, integer) to public'],
  ['a function that looks where its caller says', 'alter function firm_ids(uuid, integer) reset search_path'],
  ['rights on a global table', 'grant insert on opt_outs to ledgersync_app'],
  ['rights on a column of a global table', 'grant select (key) on attempts to ledgersync_app'],
  ['rights on the seals of the log', 'grant update, delete on audit_chain to ledgersync_app'],
  ['rights on the jobs', 'grant usage on schema graphile_worker to ledgersync_app'],
  ['a role that is more than it should be', 'grant ledgersync_owner to ledgersync_app'],
])('the catalogue shows %s', async (_name, hole) => {
  const client = await product.admin.connect()
  try {
    await client.query('begin')
    await client.query(hole)
    expect(await catalogueProblems(client)).not.toEqual([])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('primary, unique and foreign keys of tenant tables start with firm_id', async () => {
  const { rows } = await product.admin.query<{ on_table: string; name: string; first: string }>(
    `select c.conrelid::regclass::text as on_table, c.conname as name, a.attname as first
     from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.connamespace = 'public'::regnamespace and c.contype in ('p', 'u', 'f')
     union all
     select i.indrelid::regclass::text, i.indexrelid::regclass::text, coalesce(a.attname, 'expression')
     from pg_index i join pg_class t on t.oid = i.indrelid left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where t.relnamespace = 'public'::regnamespace and i.indisunique`,
  )
  const wrong = rows.filter((row) => globalTables[row.on_table] === undefined && row.first !== 'firm_id')
  expect(wrong).toEqual([])
})

test('nothing a distributed table cannot have: no triggers, no made-up ids', async () => {
  const triggers = await product.admin.query(
    `select tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'public'::regnamespace and not tgisinternal`,
  )
  expect(triggers.rows).toEqual([])
  const defaults = await product.admin.query(
    `select table_name, column_name from information_schema.columns where table_schema = 'public' and column_name = 'id' and column_default is not null`,
  )
  expect(defaults.rows).toEqual([])
})

test('the app role reads no global table and does not rewrite the log', async () => {
  const client = new pg.Client({ connectionString: product.config.databaseUrl })
  await client.connect()
  try {
    for (const table of Object.keys(globalTables))
      await expect(client.query(`select 1 from ${table} limit 1`)).rejects.toThrow('permission denied')
    await expect(client.query("update audit_log set action = 'x'")).rejects.toThrow('permission denied')
    await expect(client.query('delete from audit_log')).rejects.toThrow('permission denied')
  } finally {
    await client.end()
  }
})

test('without a firm there are no rows; with one, only its own; a row for another is refused', async () => {
  const [ours, theirs] = [await makeFirm(product), await makeFirm(product)]
  const clientId = await makeClient(product, ours)
  const bare = await product.deps.db.select().from(clients.clientsTable)
  expect(bare).toEqual([])
  const seen = await withFirm(theirs.ctx, (tx) => tx.select().from(clients.clientsTable))
  expect(seen).toEqual([])
  const intruder = withFirm(theirs.ctx, (tx) =>
    tx.insert(clients.clientStaffTable).values({ firmId: ours.firmId, clientId, staffId: ours.staffId, assignedAt: new Date() }),
  )
  await expect(intruder).rejects.toMatchObject({ cause: expect.objectContaining({ code: '42501' }) })
  await expect(withFirm({ deps: product.deps, firmId: "x'; drop table firms; --" }, async () => {})).rejects.toThrow('not a firm id')
})

test('a read cannot write', async () => {
  const ours = await makeFirm(product)
  const write = withFirm(
    ours.ctx,
    (tx) => tx.insert(firms.firmsTable).values({ firmId: newId(), name: 'x', emailDomain: 'x', timeZone: 'UTC', createdAt: new Date() }),
    'read',
  )
  await expect(write).rejects.toMatchObject({ cause: expect.objectContaining({ code: '25006' }) })
})

test('a key of another firm cannot be claimed', async () => {
  const [ours, theirs] = [await makeFirm(product), await makeFirm(product)]
  const claim = withFirm(theirs.ctx, (tx) => tx.execute(`select key_claim('realm', '1', '${ours.firmId}', '${ours.firmId}')`))
  await expect(claim).rejects.toMatchObject({ cause: expect.objectContaining({ message: expect.stringContaining('not the current one') }) })
})

test('the schema in code is the schema in the database', async () => {
  const { rows } = await product.admin.query<{ table_name: string; column_name: string; is_nullable: string; udt_name: string }>(
    `select table_name, column_name, is_nullable, udt_name from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const inDatabase = new Map<string, string[]>()
  for (const row of rows) {
    if (globalTables[row.table_name] !== undefined) continue
    inDatabase.set(
      row.table_name,
      [
        ...(inDatabase.get(row.table_name) ?? []),
        `${row.column_name} ${row.udt_name} ${row.is_nullable === 'YES' ? 'null' : 'not null'}`,
      ].sort(),
    )
  }
  const sqlNames: Record<string, string> = {
    uuid: 'uuid',
    text: 'text',
    'text[]': '_text',
    'timestamp with time zone': 'timestamptz',
    integer: 'int4',
    bigint: 'int8',
    boolean: 'bool',
    jsonb: 'jsonb',
    bytea: 'bytea',
    date: 'date',
  }
  const inCode = new Map<string, string[]>()
  for (const table of Object.values({
    ...access,
    ...banks,
    ...books,
    ...bulk,
    ...clients,
    ...firms,
    ...ledger,
    ...statements,
    ...templates,
    ...uploads,
  })) {
    if (!is(table, PgTable)) continue
    const columns = Object.values(getTableColumns(table)).map(
      (column) => `${column.name} ${sqlNames[column.getSQLType()] ?? column.getSQLType()} ${column.notNull ? 'not null' : 'null'}`,
    )
    inCode.set(getTableName(table), columns.sort())
  }
  expect(Object.fromEntries([...inCode].sort())).toEqual(Object.fromEntries([...inDatabase].sort()))
})

test('a view shows a firm no more than its tables do', async () => {
  const { rows } = await product.admin.query<{ name: string; options: string[] | null }>(
    `select relname as name, reloptions as options from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')`,
  )
  expect(rows).toEqual([{ name: 'invite_messages', options: ['security_invoker=true'] }])
})

test('an unknown firm sees nothing and breaks nothing', async () => {
  const ctx = systemCtx(product.deps, newId(), 'test')
  expect(await withFirm(ctx, (tx) => tx.select().from(firms.staffTable))).toEqual([])
})
