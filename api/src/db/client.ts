import { type SQL, sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase, NodePgTransaction } from 'drizzle-orm/node-postgres'
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { isOutdated, NamingSession } from './naming.ts'

/** Only `withFirm` and the functions of `global.ts` touch it. */
export type Db = NodePgDatabase & { $client: pg.Pool }
/** A transaction of one firm: row security shows and takes only that firm's rows. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

// bigint columns hold minor units and counts, both within the exact range of a number; drizzle converts per column.
pg.types.setTypeParser(pg.types.builtins.DATE, (value) => value)

/**
 * What the planner is told: that any page is read nearly as fast as the next. It holds of a database in memory or on flash; its own
 * figure is that of a turning disk, and reads tables whole where an index leads to few rows.
 */
const planning = '-c random_page_cost=1.1'

/** A pool of connections as the app role. `connectionsMax` bounds what one process takes. */
export function createPool(url: string, connectionsMax: number, onError: (error: Error) => void): pg.Pool {
  // A new one has to learn the catalogue and plan every statement anew, which costs more than to keep it for a while
  const patience = { connectionTimeoutMillis: 10_000, idleTimeoutMillis: 300_000, allowExitOnIdle: true }
  const pool = new pg.Pool({ connectionString: url, options: planning, max: connectionsMax, ...patience })
  // A connection that dies, idle or between two queries of a transaction, must not take the process with it; the next query gets a new one.
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError))
  return pool
}

/** Of PostgreSQL when it ends or begins, and of the network: nobody is there to ask. */
const lostCodes = new Set(['57P01', '57P02', '57P03', '08000', '08003', '08006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
/** What `pg` says without a code. */
const lostWords = /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Whether a query failed because the database cannot be reached, and not for what was asked. */
export function isDatabaseLost(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  // Errors of sockets, of the driver and of the query builder: each member is checked before it is used
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown }
  if (cause !== undefined) return isDatabaseLost(cause)
  return (typeof code === 'string' && lostCodes.has(code)) || (typeof message === 'string' && lostWords.test(message))
}

/** What PostgreSQL answers a sign-in that it will answer in the same way however long one waits, in words that follow the address's name. */
const refusals = new Map([
  ['28P01', 'is refused by the database: the role or its password is wrong'],
  ['28000', 'is refused by the database: its role may not sign in there'],
  ['3D000', 'names a database that does not exist'],
  ['42501', 'names a role that has no right to connect to the database'],
])

/** Why a sign-in was refused for good; null for anything else. */
export function refusalOf(error: unknown): string | null {
  // Errors of the driver carry it; it is checked before it is used
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? (refusals.get(code) ?? null) : null
}

const tryAgainMs = 100

/**
 * What `ask` answers, as soon as the database does; throws its last refusal after `patienceMs`, and one for good at once. `onWait` is
 * told once.
 */
export async function untilAnswered<T>(ask: () => Promise<T>, patienceMs: number, onWait: (error: Error) => void): Promise<T> {
  const until = Date.now() + patienceMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error) || refusalOf(error) !== null || Date.now() >= until) throw error
      if (attempt === 1) onWait(error)
      await new Promise((resolve) => setTimeout(resolve, tryAgainMs))
    }
  }
}

export function createDb(pool: pg.Pool): Db {
  return drizzle(pool)
}

const begin = { read: 'begin read only', write: 'begin read write' } as const
const dialect = new PgDialect()

/**
 * Runs `work` in one transaction of no firm; what belongs to a firm goes through {@link withFirm}. A connection that could not begin
 * or end it is thrown away, whatever state it is in.
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>, mode: keyof typeof begin = 'write'): Promise<T> {
  return runTransaction(db, begin[mode], work)
}

/**
 * Not drizzle's own: that needs a round trip more for the firm, and on a pool never gives back a connection that cannot begin; after
 * ten of them nothing is answered any more.
 */
async function runTransaction<T>(db: Db, beginning: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await db.$client.connect()
  let isSound = false
  try {
    await client.query(beginning)
    const tx: Tx = new NodePgTransaction(dialect, new NamingSession(client, dialect, undefined), undefined)
    connections.set(tx, client)
    const result = await workOf(tx, work).catch(async (error: unknown) => {
      // One that cannot even roll back is thrown away; what went wrong first is what is told
      isSound = await client.query('rollback').then(
        () => !isOutdated(error),
        () => false,
      )
      throw error
    })
    await client.query('commit')
    isSound = true
    return result
  } finally {
    client.release(!isSound)
  }
}

/** The connection of each transaction, and the questions that were built on it. */
const connections = new WeakMap<object, pg.PoolClient>()
const built = new WeakMap<pg.PoolClient, Map<unknown, unknown>>()

/**
 * A prepared question, built once for each connection: of what is asked on each request, to put the words together costs as much
 * as the answer. `build` is always the same function, and all that differs from time to time is a placeholder.
 */
export function onceBuilt<Q>(tx: Tx, build: (tx: Tx) => Q): Q {
  const client = connections.get(tx)
  if (client === undefined) return build(tx)
  const ofClient = built.get(client) ?? new Map<unknown, unknown>()
  if (!ofClient.has(build)) built.set(client, ofClient.set(build, build(tx)))
  // What is kept under a function is what it returned
  return ofClient.get(build) as Q
}

async function workOf<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  const last: LastSteps = new Map()
  lastSteps.set(tx, last)
  const result = await work(tx)
  await callEach(
    tx,
    [...last.keys()].sort().flatMap((key) => (last.get(key) ?? []).flatMap((step) => step())),
  )
  return result
}

/** PostgreSQL answers at most 1,664 columns at once. */
const callsMax = 1_000

/** Calls these functions, one after the other, in one round trip: nearly every change asks for several. */
async function callEach(db: Tx | Db, calls: readonly SQL[]): Promise<void> {
  for (let from = 0; from < calls.length; from += callsMax)
    await db.execute(sql`select ${sql.join(calls.slice(from, from + callsMax), sql`, `)}`)
}

/** What a transaction does last, by the key of what it takes hold of: calls of functions of the database. */
type LastSteps = Map<string, (() => SQL[])[]>
const lastSteps = new WeakMap<object, LastSteps>()

/**
 * Has `step` done as one of the last of the transaction, in the order of the keys: what many transactions take hold of they take
 * when they wait for nothing else, so that none waits for another in a circle. Outside a transaction of ours it is done at once.
 * With `once`, a step of a key that has one already is left out.
 */
export async function runLast(tx: Tx | Db, key: string, step: () => SQL[], { once }: { once: boolean }): Promise<void> {
  const steps = lastSteps.get(tx)
  if (steps === undefined) return callEach(tx, step())
  const ofKey = steps.get(key) ?? []
  if (ofKey.length > 0 && once) return
  steps.set(key, [...ofKey, step])
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Runs `work` in one transaction that sees only the firm's rows. The only way to a connection.
 * `read` makes it read-only. Never call a provider inside.
 */
export async function withFirm<T>(
  ctx: { deps: { db: Db }; firmId: string },
  work: (tx: Tx) => Promise<T>,
  mode: keyof typeof begin = 'write',
): Promise<T> {
  if (!uuidPattern.test(ctx.firmId)) throw new Error('withFirm: not a firm id')
  // A literal, because SET LOCAL takes no parameter and set_config() would not reach distributed tables; checked above.
  return runTransaction(ctx.deps.db, `${begin[mode]}; set local app.firm = '${ctx.firmId}'`, work)
}

/** The only row; throws when there is none or more than one, for that is a mistake of ours. */
export function one<T>(rows: readonly T[]): T {
  const [row] = rows
  if (rows.length !== 1 || row === undefined) throw new Error(`Expected one row, got ${rows.length}`)
  return row
}
