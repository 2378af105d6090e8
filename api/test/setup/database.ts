import { createHash } from 'node:crypto'
import { Client, escapeIdentifier } from 'pg'
import { migrate } from '../../src/db/migrate.ts'

/** A database of one test file. All addresses lead to it, as different roles. */
export interface TestDatabase {
  name: string
  /** What the API's feature code uses: row level security applies. */
  appUrl: string
  /** What migrations and the worker's job connection use. */
  ownerUrl: string
  /** The superuser's: for looking at, or arranging, what no role of the product may. */
  adminUrl: string
}

const templateName = 'ledgersync_template'
/** Any constant will do: whoever holds it makes the template. */
const templateLock = 4_471_002
const rolePassword = 'test'

let databaseCount = 0

/**
 * A freshly migrated, empty database for the calling test file, or for the torture. The first call of a run migrates a template,
 * every call clones it (about 25 ms). Databases of earlier files of this worker are dropped on the way.
 */
export async function testDatabase(): Promise<TestDatabase> {
  const cluster = process.env.LEDGERSYNC_TEST_CLUSTER
  if (!cluster) throw new Error('There is no test database server: start the tests with `npm test`.')
  const worker = process.env.JEST_WORKER_ID ?? '1'
  const file = createHash('sha256')
    .update(typeof expect === 'undefined' ? 'torture' : (expect.getState().testPath ?? ''))
    .digest('hex')
    .slice(0, 10)
  databaseCount += 1
  const name = `test_${worker}_${file}_${databaseCount}`

  const admin = new Client({ connectionString: cluster })
  await admin.connect()
  try {
    await ensureTemplate(admin, cluster)
    await dropFinished(admin, `test_${worker}_`, `test_${worker}_${file}_`)
    await cloneTemplate(admin, name)
  } finally {
    await admin.end()
  }
  return addresses(cluster, name)
}

function addresses(cluster: string, name: string): TestDatabase {
  const as = (role?: string): string => {
    const url = new URL(cluster)
    url.pathname = `/${name}`
    if (role) {
      url.username = role
      url.password = rolePassword
    }
    return url.href
  }
  return { name, appUrl: as('ledgersync_app'), ownerUrl: as('ledgersync_owner'), adminUrl: as() }
}

/** Migrates the template once per run: workers that come at the same time wait for the first. */
async function ensureTemplate(admin: Client, cluster: string): Promise<void> {
  if (await isTemplateReady(admin)) return
  await admin.query('select pg_advisory_lock($1)', [templateLock])
  try {
    if (await isTemplateReady(admin)) return
    await admin.query(`drop database if exists ${escapeIdentifier(templateName)} with (force)`)
    const { ownerUrl, appUrl } = addresses(cluster, templateName)
    await migrate({ adminUrl: cluster, ownerUrl, appUrl })
    await admin.query(`alter database ${escapeIdentifier(templateName)} with is_template true`)
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [templateLock])
  }
}

async function isTemplateReady(admin: Client): Promise<boolean> {
  const found = await admin.query('select 1 from pg_database where datname = $1 and datistemplate', [templateName])
  return found.rowCount === 1
}

/** A clone has the template's contents; its owner and its rights as a whole are a matter of the database's own row. */
async function cloneTemplate(admin: Client, name: string): Promise<void> {
  const owner = await admin.query<{ owner: string }>('select datdba::regrole::text as owner from pg_database where datname = $1', [
    templateName,
  ])
  const as = owner.rows[0]?.owner
  if (!as) throw new Error(`The template database ${templateName} is gone.`)
  await admin.query(`create database ${escapeIdentifier(name)} template ${escapeIdentifier(templateName)} owner ${as} strategy file_copy`)
  await admin.query('update pg_database set datacl = (select datacl from pg_database where datname = $1) where datname = $2', [
    templateName,
    name,
  ])
}

/**
 * A worker runs one file after the other, so every other file's database of this worker is finished.
 * One that a forgotten connection still uses stays until the server goes.
 */
async function dropFinished(admin: Client, worker: string, current: string): Promise<void> {
  const finished = await admin.query<{ name: string }>(
    `select datname as name from pg_database d
     where starts_with(datname, $1) and not starts_with(datname, $2)
       and not exists (select from pg_stat_activity a where a.datname = d.datname)`,
    [worker, current],
  )
  for (const { name } of finished.rows) await admin.query(`drop database if exists ${escapeIdentifier(name)}`)
}
