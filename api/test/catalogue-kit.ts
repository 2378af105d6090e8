import type pg from 'pg'
import { globalTables } from '../src/db/global-tables.ts'

const ofFirm = "(firm_id = (NULLIF(current_setting('app.firm'::text, true), ''::text))::uuid)"
/** The two policies of every tenant table (migrations/0001): any other would let more be seen, for policies add up. */
const policies = [
  `firm PERMISSIVE {ledgersync_app,ledgersync_owner} ALL ${ofFirm} ${ofFirm}`,
  'lookup PERMISSIVE {ledgersync_lookup} SELECT true -',
]

const everything = 'select insert update delete'
/** Reviewed: where the app role may do less. What is written once stays: the log and its seals, keys, who ever worked at a firm. */
const lesserRights: Record<string, string> = {
  audit_chain: 'select insert',
  audit_log: 'select insert',
  audit_details: 'select insert delete',
  audit_checks: 'select insert update',
  firm_keys: 'select insert update',
  firms: 'select insert update',
  staff: 'select insert update',
  staff_invites: 'select insert update',
  message_templates: 'select insert update',
  statement_pieces: 'select insert delete',
  invite_messages: 'select',
}
/** Reviewed: the only functions that read across firms. Each answers ids, whether, or a wrapped key; nothing that is read by people. */
const acrossFirms = ['firm_ids', 'firm_key_samples', 'ops_doubts', 'staff_of_email', 'staff_unverified']

const ours = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'graphile_worker')"

/** What in the database's catalogue lets anybody see or do more than was reviewed, in words; none when all is well. */
export async function catalogueProblems(client: pg.ClientBase): Promise<string[]> {
  const read = async <T extends pg.QueryResultRow>(query: string): Promise<T[]> => (await client.query<T>(query)).rows
  const relations = await read<{ name: string; schema: string; kind: string; rls: boolean; rights: string | null; columns: string | null }>(
    `select c.relname as name, n.nspname as schema, c.relkind as kind, c.relrowsecurity and c.relforcerowsecurity as rls,
       (select string_agg(p, ' ' order by at) from unnest(array['select','insert','update','delete','truncate','references','trigger']) with ordinality u(p, at)
         where has_table_privilege('ledgersync_app', c.oid, p)) as rights,
       (select string_agg(a.attname || ' ' || p, ', ') from pg_attribute a, unnest(array['select','insert','update','references']) p
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege('ledgersync_app', c.oid, a.attnum, p)
           and not has_table_privilege('ledgersync_app', c.oid, p)) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours} and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
  )
  const found = await read<{ table: string; policy: string }>(
    `select tablename as table, concat_ws(' ', policyname, permissive, roles::text, cmd, coalesce(qual, '-'), coalesce(with_check, '-')) as policy
     from pg_policies order by tablename, policyname`,
  )
  const problems: string[] = []
  for (const { name, schema, kind, rls, rights, columns } of relations) {
    if (schema !== 'public') problems.push(`${schema}.${name} stands where no table of ours does`)
    const isTable = kind === 'r' || kind === 'p'
    const isGlobal = globalTables[name] !== undefined
    if (isTable && !rls && !isGlobal) problems.push(`${name} has no forced row security and is not on the reviewed list`)
    const allowed = isGlobal ? null : (lesserRights[name] ?? everything)
    if (rights !== allowed) problems.push(`${name}: the app role may ${rights ?? 'nothing'}, reviewed is ${allowed ?? 'nothing'}`)
    if (columns !== null) problems.push(`${name}: the app role may ${columns}`)
    const its = found.filter(({ table }) => table === name).map(({ policy }) => policy)
    const wanted = isTable && !isGlobal ? policies : []
    if (its.join('\n') !== wanted.join('\n')) problems.push(`${name} has other policies than every tenant table: ${its.join('; ')}`)
  }
  return [...problems, ...(await problemsOfRoles(read))]
}

async function problemsOfRoles(read: <T extends pg.QueryResultRow>(query: string) => Promise<T[]>): Promise<string[]> {
  const schemas = await read<{ name: string; use: boolean; create: boolean }>(
    `select nspname as name, has_schema_privilege('ledgersync_app', oid, 'usage') as use, has_schema_privilege('ledgersync_app', oid, 'create') as create
     from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`,
  )
  const functions = await read<{ name: string; owner: string; config: string | null; anybody: boolean; allowed: boolean }>(
    `select p.proname as name, r.rolname as owner, p.proconfig::text as config, p.proacl is null or p.proacl::text ~ '[{,]=' as anybody,
       has_function_privilege('ledgersync_app', p.oid, 'execute') as allowed
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.prosecdef order by p.proname`,
  )
  const roles = await read<{ name: string; rights: string }>(
    `select r.rolname as name, concat_ws(' ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row security' end,
       case when rolcreaterole then 'makes roles' end, (select 'member of ' || string_agg(b.rolname, ', ') from pg_auth_members m
         join pg_roles b on b.oid = m.roleid where m.member = r.oid)) as rights
     from pg_roles r where r.rolname in ('ledgersync_app', 'ledgersync_owner')`,
  )
  const readers = functions.filter(({ owner }) => owner === 'ledgersync_lookup').map(({ name }) => name)
  const member = roles.find(({ name }) => name === 'ledgersync_owner')?.rights
  return [
    ...schemas.filter(({ name, use }) => use !== (name === 'public')).map(({ name }) => `${name}: the app role's use of the schema`),
    ...schemas.filter(({ create }) => create).map(({ name }) => `${name}: the app role may make things in the schema`),
    ...(readers.join(' ') === acrossFirms.join(' ') ? [] : [`across firms read ${readers.join(', ')}`]),
    ...functions
      .filter(({ owner }) => owner !== 'ledgersync_lookup' && owner !== 'ledgersync_owner')
      .map(({ name, owner }) => `${name} runs as ${owner}`),
    ...functions
      .filter(({ config }) => !/[{"]search_path=pg_catalog/.test(config ?? ''))
      .map(({ name }) => `${name} has no fixed search path`),
    ...functions.filter(({ anybody }) => anybody).map(({ name }) => `${name} may be called by anybody`),
    ...roles.filter(({ name, rights }) => name === 'ledgersync_app' && rights !== '').map(({ rights }) => `the app role is ${rights}`),
    ...(member === 'member of ledgersync_lookup' ? [] : [`the owner is ${member ?? 'missing'}`]),
  ]
}
