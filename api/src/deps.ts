import type pg from 'pg'
import type { Config } from './config.ts'
import type { Deps, Log } from './core/context.ts'
import { createKeyring } from './core/crypto.ts'
import { describeFailure } from './core/failures.ts'
import { createPace, type Pace } from './core/pace.ts'
import { createReached } from './core/steps.ts'
import { createDb, createPool } from './db/client.ts'
import { createPlaid, type Plaid } from './providers/plaid/client.ts'
import { createQuickbooks } from './providers/quickbooks/client.ts'
import type { Quickbooks } from './providers/quickbooks/types.ts'
import { createMailer, type Mailer } from './providers/sendgrid/client.ts'
import { createSms, type Sms } from './providers/twilio/client.ts'

declare module './core/context.ts' {
  interface Deps {
    plaid: Plaid
    quickbooks: Quickbooks
    sms: Sms
    mailer: Mailer
    /** What the adapters above were built with. */
    pace: Pace
  }
}

export interface BuiltDeps {
  deps: Deps
  /** The app role's pool, to be closed last. */
  pool: pg.Pool
}

/**
 * Builds everything the features stand on. Opens no connection yet. `theirNow` is the clock of the outside services, by which the age
 * of what they sign is told; tests alone have two.
 */
export function buildDeps(config: Config, log: Log, now: () => Date, theirNow: () => Date = now): BuiltDeps {
  const pool = createPool(config.databaseUrl, config.databaseConnectionsMax, (error) =>
    log.warn({ error: describeFailure(error).error }, 'a database connection was lost'),
  )
  const db = createDb(pool)
  const pace = createPace({ db, log, shiftMs: () => now().getTime() - Date.now() })
  const theirClock = () => theirNow().getTime()
  const deps: Deps = {
    db,
    keyring: createKeyring(config.keyEncryptionKeys),
    log,
    now,
    publicUrl: config.publicUrl,
    production: config.production,
    quietHours: config.quietHours,
    operators: config.operators,
    sessionSecret: config.sessionSecret,
    reached: createReached(config.crashAt),
    plaid: createPlaid(config.plaid, pace, theirClock),
    quickbooks: createQuickbooks(config.quickbooks, pace, now),
    sms: createSms(config.twilio, pace),
    mailer: createMailer(config.sendgrid, pace, now, theirClock),
    pace,
  }
  return { deps, pool }
}
