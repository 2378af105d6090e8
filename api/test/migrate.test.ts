import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { Client } from 'pg'
import { createLogger } from '../src/logger.ts'
import { untilMigrated } from '../src/reach.ts'
import { startTestApp } from './harness.ts'
import { endPrograms, productionEnv, type Started, startProgram, untilReady } from './program-kit.ts'

afterAll(endPrograms)

type Env = Record<string, string>

async function migrate(env: Env): Promise<[number | null, string]> {
  const { ended, output } = startProgram(env, [], ['api/dist/migrate.js'])
  return [await ended, output()]
}

async function says({ child, output }: Started, what: string): Promise<void> {
  while (!output().includes(what) && child.exitCode === null) await new Promise((wait) => setTimeout(wait, 50))
  expect(output()).toContain(what)
}

const withAddress = (url: string | undefined, change: { username?: string; password?: string; pathname?: string; port?: string }): string =>
  Object.assign(new URL(url ?? ''), change).href

/** Addresses of a database of the test server that was never migrated, and is gone afterwards. */
async function inEmptyDatabase(work: (env: Env) => Promise<void>): Promise<void> {
  const env = await productionEnv()
  const name = `migrate_test_${randomBytes(6).toString('hex')}`
  const admin = new Client({ connectionString: process.env.LEDGERSYNC_TEST_CLUSTER })
  await admin.connect()
  try {
    await admin.query(`create database ${name} owner ledgersync_owner`)
    await admin.query(`grant connect on database ${name} to ledgersync_app`)
    const there = (url: string | undefined): string => withAddress(url, { pathname: `/${name}` })
    await work({ ...env, DATABASE_URL: there(env.DATABASE_URL), DATABASE_OWNER_URL: there(env.DATABASE_OWNER_URL) })
  } finally {
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
}

test('the program waits for a database that was never migrated, says so, and serves when it is', async () => {
  await inEmptyDatabase(async (env) => {
    const program = startProgram(env)
    await says(program, 'waiting for the database to be migrated')
    expect(program.output()).not.toContain('ready')
    await expect(fetch(`http://127.0.0.1:${env.PORT}/readyz`)).rejects.toThrow('fetch failed')
    // Empty is unset
    expect(await migrate({ ...env, DATABASE_ADMIN_URL: '' })).toEqual([0, expect.stringMatching(/^Migrated: 0001_/)])
    expect([await untilReady(program, env), program.output()]).toEqual([200, expect.stringContaining('"ready"')])
    program.child.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(await migrate(env)).toEqual([0, 'The database is up to date.\n'])
  })
}, 120_000)

test('the API is ready only while its database is migrated as far as it needs, or further', async () => {
  const product = await startTestApp()
  try {
    const ready = async (): Promise<[number, string]> => {
      const { status, body } = await product.request().get('/readyz')
      return [status, body.detail ?? body.status]
    }
    expect(await ready()).toEqual([200, 'ok'])
    await product.admin.query("insert into schema_migrations values ('9999_newer.sql', '', now())")
    expect(await ready()).toEqual([200, 'ok'])
    await product.admin.query("update schema_migrations set name = '9998_other.sql' where name = '0093_applied_migrations.sql'")
    expect(await ready()).toEqual([503, 'The database is not migrated as far as this program needs.'])
    await expect(untilMigrated(product.deps.db, { ms: 0, log: createLogger('silent') })).rejects.toThrow(
      'DATABASE_URL leads to a database that is not migrated: 1 migrations are missing, from 0093_applied_migrations.sql on',
    )
  } finally {
    await product.close()
  }
}, 60_000)

test('migrating that cannot be says why in one sentence, with the setting and never with its value', async () => {
  const env = await productionEnv()
  const secret = `x${randomBytes(9).toString('hex')}`
  const free = createServer()
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
  const address = free.address()
  await new Promise((resolve) => free.close(resolve))
  const nobody = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const superuser = withAddress(process.env.LEDGERSYNC_TEST_CLUSTER, { pathname: new URL(env.DATABASE_URL ?? '').pathname })
  const cases: [Env, string][] = [
    [{ DATABASE_OWNER_URL: `postgres://ledgersync_owner:se/${secret}@host:5432/x` }, 'DATABASE_OWNER_URL is not a URL'],
    [{ DATABASE_OWNER_URL: `postgres://ledgersync_owner:12/${secret}@host/x` }, 'DATABASE_OWNER_URL must name a role'],
    [{ DATABASE_OWNER_URL: `postgres://ledgersync_owner:100%${secret}@host/x` }, 'DATABASE_OWNER_URL has a % that stands for nothing'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL is not set'],
    [{ DATABASE_ADMIN_URL: secret }, 'DATABASE_ADMIN_URL is not a URL'],
    [{ DATABASE_OWNER_URL: withAddress(env.DATABASE_OWNER_URL, { password: secret }) }, 'DATABASE_OWNER_URL is refused by the database'],
    [{ DATABASE_OWNER_URL: `postgres://ledgersync_owner:${secret}@${nobody}/x` }, 'DATABASE_OWNER_URL leads to no database that answers'],
    [{ DATABASE_ADMIN_URL: withAddress(superuser, { password: secret }) }, 'DATABASE_ADMIN_URL is refused by the database'],
    [{ DATABASE_OWNER_URL: superuser }, 'DATABASE_OWNER_URL signs in as postgres, which is a superuser'],
    [{ DATABASE_ADMIN_URL: superuser, DATABASE_URL: superuser }, 'DATABASE_URL must sign in as ledgersync_app'],
  ]
  for (const [change, problem] of cases) {
    const [code, said] = await migrate({ ...env, ...change })
    expect([code, said]).toEqual([78, expect.stringContaining(`Ledgersync cannot start: ${problem}`)])
    expect(said.trimEnd().split('\n')).toHaveLength(1)
    expect(said).not.toContain(secret)
  }
}, 120_000)
