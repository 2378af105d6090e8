import pg from 'pg'
import type { Log } from './core/context.ts'
import { describeFailure } from './core/failures.ts'
import { type Db, refusalOf, untilReachable } from './db/client.ts'
import { missingMigrations } from './db/migrations.ts'
import { roleFault } from './db/roles.ts'
import { ConfigError } from './core/settings.ts'

/** An address of the database, by the setting that has it. */
export interface Address {
  name: 'DATABASE_URL' | 'DATABASE_OWNER_URL' | 'DATABASE_ADMIN_URL'
  pool: pg.Pool
  /** The role it is to sign in as; null when any will do. */
  role: 'ledgersync_app' | 'ledgersync_owner' | null
}

/**
 * Waits until the database answers at this address. Throws {@link ConfigError} when it refuses for good, when it has not answered
 * after `patienceMs`, and when the role is not fit.
 */
export async function reach({ name, pool, role }: Address, patienceMs: number, log: Log): Promise<void> {
  const waits = (error: Error): void => log.warn({ error: describeFailure(error).error }, 'waiting for the database')
  try {
    await untilReachable(pool, patienceMs, waits)
  } catch (error) {
    const { error: sentence } = describeFailure(error)
    throw new ConfigError(name, refusalOf(error) ?? `leads to no database that answers: ${sentence}`)
  }
  const fault = role === null ? null : await roleFault(pool, role)
  if (fault !== null) throw new ConfigError(name, fault)
}

/** The same for an address that nothing is connected to yet. */
export async function reachOnce(address: Omit<Address, 'pool'> & { url: string }, patienceMs: number, log: Log): Promise<void> {
  const pool = new pg.Pool({ connectionString: address.url, max: 1 })
  pool.on('error', (error) => log.warn({ error: describeFailure(error).error }, 'a database connection was lost'))
  try {
    await reach({ ...address, pool }, patienceMs, log)
  } finally {
    await pool.end()
  }
}

const lookAgainMs = 500

/** Waits until the database is migrated as far as this program needs. Throws {@link ConfigError} when it is not after `patienceMs`. */
export async function untilMigrated(db: Db, patienceMs: number, log: Log): Promise<void> {
  const until = Date.now() + patienceMs
  for (let attempt = 1; ; attempt++) {
    const missing = await missingMigrations(db)
    if (missing.length === 0) return
    const lacks = `${missing.length} migrations are missing, from ${missing[0]} on`
    if (Date.now() >= until)
      throw new ConfigError('DATABASE_URL', `leads to a database that is not migrated: ${lacks}; run migrate.js first`)
    if (attempt === 1) log.warn({ missing: missing.length, first: missing[0] }, 'waiting for the database to be migrated')
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}
