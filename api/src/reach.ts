import { isDeepStrictEqual } from 'node:util'
import pg from 'pg'
import type { Deps, Log } from './core/context.ts'
import { keyringProblem } from './core/crypto.ts'
import { describeFailure } from './core/failures.ts'
import { ConfigError } from './core/settings.ts'
import { type Db, refusalOf, untilAnswered } from './db/client.ts'
import { missingMigrations } from './db/migrations.ts'
import { roleFault } from './db/roles.ts'

/** An address of the database, by the setting that has it. */
export interface Address {
  name: 'DATABASE_URL' | 'DATABASE_OWNER_URL' | 'DATABASE_ADMIN_URL'
  pool: pg.Pool
  /** The role it is to sign in as; null when any will do. */
  role: 'ledgersync_app' | 'ledgersync_owner' | null
  /** It is to lead to the same database as this: jobs that are added in one would never be found in the other. */
  sameAs?: pg.Pool
}

const database = 'select oid, datname from pg_database where datname = current_database()'

/** How long to wait, and where to say so. */
export interface Patience {
  ms: number
  log: Log
}

/** What `ask` asks of the database at this address; throws {@link ConfigError} when there is no answer. */
async function ask<T>(name: Address['name'], { ms, log }: Patience, question: () => Promise<T>): Promise<T> {
  const waits = (error: Error): void => log.warn({ error: describeFailure(error).error }, 'waiting for the database')
  try {
    return await untilAnswered(question, ms, waits)
  } catch (error) {
    const { error: sentence } = describeFailure(error)
    throw new ConfigError(name, refusalOf(error) ?? `leads to no database that answers: ${sentence}`)
  }
}

/**
 * Waits until the database answers at this address. Throws {@link ConfigError} when it refuses for good, when it has not answered
 * in time, when the role is not fit, and when it is another database than it is to be.
 */
export async function reach({ name, pool, role, sameAs }: Address, patience: Patience): Promise<void> {
  const identify = async (each: pg.Pool) => (await each.query(database)).rows
  const here = await ask(name, patience, () => identify(pool))
  const fault = role === null ? null : await ask(name, patience, () => roleFault(pool, role))
  if (fault !== null) throw new ConfigError(name, fault)
  if (sameAs === undefined) return
  const there = await ask('DATABASE_URL', patience, () => identify(sameAs))
  if (!isDeepStrictEqual(here, there)) throw new ConfigError(name, 'leads to another database than DATABASE_URL')
}

/** The same for an address that nothing is connected to yet. */
export async function reachOnce(address: Omit<Address, 'pool'> & { url: string }, patience: Patience): Promise<void> {
  const pool = new pg.Pool({ connectionString: address.url, max: 1 })
  pool.on('error', (error) => patience.log.warn({ error: describeFailure(error).error }, 'a database connection was lost'))
  try {
    await reach({ ...address, pool }, patience)
  } finally {
    await pool.end()
  }
}

const lookAgainMs = 500

/** Waits until the database is migrated as far as this program needs. Throws {@link ConfigError} when it is not in time. */
export async function untilMigrated(db: Db, patience: Patience): Promise<void> {
  const until = Date.now() + patience.ms
  for (let attempt = 1; ; attempt++) {
    const missing = await ask('DATABASE_URL', patience, () => missingMigrations(db))
    if (missing.length === 0) return
    const lacks = `${missing.length} migrations are missing, from ${missing[0]} on`
    if (Date.now() >= until)
      throw new ConfigError('DATABASE_URL', `leads to a database that is not migrated: ${lacks}; run migrate.js first`)
    if (attempt === 1) patience.log.warn({ missing: missing.length, first: missing[0] }, 'waiting for the database to be migrated')
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}

/** Throws {@link ConfigError} when the key-encryption keys do not fit the data keys that are there. */
export async function tryKeys({ db, keyring }: Pick<Deps, 'db' | 'keyring'>, patience: Patience): Promise<void> {
  const problem = await ask('DATABASE_URL', patience, () => keyringProblem(db, keyring))
  if (problem !== null) throw new ConfigError('KEY_ENCRYPTION_KEYS', problem)
}
