import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import type { WorkerEvents } from 'graphile-worker'
import pg from 'pg'
import type { Log } from './core/context.ts'
import { describeFailure } from './core/failures.ts'
import { workerLockClass } from './db/ops.ts'

const roundMs = 10_000
/** PostgreSQL ends a connection whose machine has vanished after half a minute, instead of hours; with it the lock on the name. */
const noticeVanished = '-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3'

export interface WorkerGuard {
  /** Hand them to graphile-worker: they tell under which name this process takes jobs. */
  events: WorkerEvents
  /** Others see that this process lives. A job that is taken before would be set free by whoever looks at that moment. */
  isSeen(): Promise<void>
  /** This process's workers so far have ended: what they hold is set free like the jobs of the dead. */
  forget(): void
  stop(): Promise<void>
}

/**
 * Sets free what dead workers hold. graphile-worker gives a job back four hours after its worker died; here each process holds
 * an advisory lock on the name it takes jobs under (that of its pool, for all its workers), on a connection of its own, which
 * ends with the process, however that ends. A job whose holder has no such lock is free again at the next start, or within ten
 * seconds.
 */
export async function guardWorkers(databaseUrl: string, log: Log): Promise<WorkerGuard> {
  const mine = new Set<string>()
  let client: pg.Client | null = null
  let seen: Promise<unknown> = Promise.resolve()
  // One query at a time on the one connection
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (work: () => Promise<unknown>): Promise<unknown> => {
    last = last.then(work, work)
    return last
  }
  const connect = async (): Promise<pg.Client> => {
    // By this name operators tell the workers apart
    const named = { application_name: `${hostname()}:${process.pid}`, options: noticeVanished }
    const next = new pg.Client({ connectionString: databaseUrl, keepAlive: true, ...named })
    const lost = (): void => {
      if (client === next) client = null
    }
    next.on('error', lost)
    next.on('end', lost)
    await next.connect()
    for (const id of mine) await next.query('select pg_advisory_lock($1, hashtext($2))', [workerLockClass, id])
    return next
  }
  const round = async (): Promise<void> => {
    client ??= await connect()
    const freed = await freeDeadWorkers(client, mine)
    if (freed.length > 0) log.warn({ workers: freed.length }, 'jobs of dead workers were set free')
  }
  const told = (error: unknown): void => log.warn({ error: describeFailure(error).error }, 'dead workers could not be looked for')

  // graphile-worker's events are an EventEmitter with typed names
  const events = new EventEmitter() as WorkerEvents
  events.on('pool:create', ({ workerPool }) => {
    // A process has one pool at a time: the next one comes when a lost database has ended the one before, and what that held is free
    mine.clear()
    mine.add(workerPool.id)
    const lock = async (): Promise<void> => {
      await client?.query('select pg_advisory_unlock_all()')
      await client?.query('select pg_advisory_lock($1, hashtext($2))', [workerLockClass, workerPool.id])
    }
    seen = inTurn(lock).catch(told)
    inTurn(round).catch(told)
  })
  // A database that dies just now is looked at again in the next round
  await inTurn(round).catch(told)
  const timer = setInterval(() => void inTurn(round).catch(told), roundMs)
  return {
    events,
    async isSeen() {
      await seen
    },
    forget() {
      mine.clear()
      inTurn(async () => client?.query('select pg_advisory_unlock_all()')).catch(told)
      inTurn(round).catch(told)
    },
    async stop() {
      clearInterval(timer)
      await inTurn(async () => client?.end())
    },
  }
}

async function freeDeadWorkers(client: pg.Client, mine: ReadonlySet<string>): Promise<string[]> {
  const holding = await client.query<{ id: string }>(
    `select distinct locked_by as id from graphile_worker._private_jobs where locked_by is not null
     union select distinct locked_by from graphile_worker._private_job_queues where locked_by is not null`,
  )
  const dead: string[] = []
  for (const { id } of holding.rows) {
    if (mine.has(id)) continue
    const got = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as free', [workerLockClass, id])
    if (got.rows[0]?.free !== true) continue
    await freeJobsOf(client, id)
    await client.query('select pg_advisory_unlock($1, hashtext($2))', [workerLockClass, id])
    dead.push(id)
  }
  return dead
}

/** Both or nothing: whoever does it may die meanwhile. */
async function freeJobsOf(client: pg.Client, id: string): Promise<void> {
  await client.query('begin')
  try {
    await client.query('select graphile_worker.force_unlock_workers(array[$1])', [id])
    // A job that was asked for anew while its worker lived has a successor, and is never to be tried again
    await client.query('select job_sweep()')
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
