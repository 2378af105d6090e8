import { sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'

/** Only `withFirm` and the functions of `global.ts` touch it. */
export type Db = NodePgDatabase
/** A transaction of one firm: row security shows and takes only that firm's rows. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

// bigint columns hold minor units and counts, both within the exact range of a number; drizzle converts per column.
pg.types.setTypeParser(pg.types.builtins.DATE, (value) => value)

/** A pool of connections as the app role. `connectionsMax` bounds what one process takes. */
export function createPool(url: string, connectionsMax: number, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: connectionsMax, connectionTimeoutMillis: 10_000, allowExitOnIdle: true })
  // An idle connection that dies must not take the process with it; the next query gets a new one.
  pool.on('error', onError)
  return pool
}

export function createDb(pool: pg.Pool): Db {
  return drizzle(pool)
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Runs `work` in one transaction that sees only the firm's rows. The only way to a connection.
 * `read` makes it read-only. Never call a provider inside.
 */
export async function withFirm<T>(
  ctx: { deps: { db: Db }; firmId: string },
  work: (tx: Tx) => Promise<T>,
  mode: 'write' | 'read' = 'write',
): Promise<T> {
  if (!uuidPattern.test(ctx.firmId)) throw new Error('withFirm: not a firm id')
  return ctx.deps.db.transaction(
    async (tx) => {
      // A literal, because SET LOCAL takes no parameter and set_config() would not reach distributed tables; checked above.
      await tx.execute(sql.raw(`set local app.firm = '${ctx.firmId}'`))
      return work(tx)
    },
    { accessMode: mode === 'read' ? 'read only' : 'read write' },
  )
}

/** The only row; throws when there is none or more than one, for that is a mistake of ours. */
export function one<T>(rows: readonly T[]): T {
  const [row] = rows
  if (rows.length !== 1 || row === undefined) throw new Error(`Expected one row, got ${rows.length}`)
  return row
}
