import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'
import { migrationsFolder, migrationsIn } from './migrations.ts'

export interface MigrateOptions {
  /** A superuser's URL: makes roles and database when missing. Without it they must exist. */
  adminUrl?: string
  ownerUrl: string
  appUrl: string
  /** Where the .sql files are; the repository's folder by default. */
  folder?: string
}

const advisoryLock = 7_305_114_215_330_021n

/**
 * Brings the database up to date: roles and database (with `adminUrl`), the job schema, then every migration that has not run,
 * each in its own transaction, one migrator at a time. Throws when a migration that has run was edited since.
 * @returns names of the migrations that ran now
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  if (options.adminUrl !== undefined) await prepareServer(options.adminUrl, options.ownerUrl, options.appUrl)
  const client = new pg.Client({ connectionString: options.ownerUrl })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock.toString()])
    await runMigrations({ connectionString: options.ownerUrl })
    return await runAll(client, options.folder ?? migrationsFolder)
  } finally {
    await client.end()
  }
}

async function runAll(client: pg.Client, folder: string): Promise<string[]> {
  await client.query(
    'create table if not exists schema_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null)',
  )
  const applied = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migrations')
  const known = new Map(applied.rows.map((row) => [row.name, row.sha256]))
  const ran: string[] = []
  for (const name of migrationsIn(folder)) {
    const text = await readFile(join(folder, name), 'utf8')
    const sha256 = createHash('sha256').update(text).digest('hex')
    const before = known.get(name)
    if (before !== undefined && before !== sha256) throw new Error(`Migration ${name} was edited after it had run`)
    if (before !== undefined) continue
    await client.query('begin')
    try {
      await client.query(text)
      await client.query('insert into schema_migrations values ($1, $2, now())', [name, sha256])
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw new Error(`Migration ${name} failed`, { cause: error })
    }
    ran.push(name)
  }
  return ran
}

/** Makes the roles and the database that are missing, and gives the roles the passwords of their addresses. */
export async function prepareServer(adminUrl: string, ownerUrl: string, appUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  try {
    const database = decodeURIComponent(new URL(ownerUrl).pathname.slice(1))
    await ensureRole(admin, 'ledgersync_lookup', 'nologin bypassrls')
    await ensureRole(admin, 'ledgersync_owner', loginAttributes(ownerUrl, 'ledgersync_owner'))
    await ensureRole(admin, 'ledgersync_app', loginAttributes(appUrl, 'ledgersync_app'))
    await admin.query('grant ledgersync_lookup to ledgersync_owner')
    const exists = await admin.query('select 1 from pg_database where datname = $1', [database])
    if (exists.rowCount === 0) await admin.query(`create database ${pg.escapeIdentifier(database)} owner ledgersync_owner`)
    await admin.query(`revoke all on database ${pg.escapeIdentifier(database)} from public`)
    await admin.query(`grant connect on database ${pg.escapeIdentifier(database)} to ledgersync_app`)
  } finally {
    await admin.end()
  }
}

function loginAttributes(url: string, role: string): string {
  const { username, password } = new URL(url)
  if (decodeURIComponent(username) !== role) throw new Error(`The URL of ${role} must sign in as ${role}`)
  return `login nosuperuser password ${pg.escapeLiteral(decodeURIComponent(password))}`
}

/** Two databases of one server may be prepared at once, as tests do: losing the race to create a role is no error. */
async function ensureRole(admin: pg.Client, role: string, attributes: string): Promise<void> {
  const exists = await admin.query('select 1 from pg_roles where rolname = $1', [role])
  const verb = exists.rowCount === 0 ? 'create' : 'alter'
  await admin.query(`${verb} role ${role} ${attributes}`)
}
