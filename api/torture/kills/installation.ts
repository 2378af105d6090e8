import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LocalNetwork, startLocalNetwork } from '@ledgersync/emulators/local'
import pg from 'pg'
import { freePort } from '../../dev/ports.mjs'
import { startTestCluster } from '../../dev/test-cluster.mjs'
import { isDatabaseLost } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { Crash, Step } from '../../src/core/steps.ts'
import { keepRunning, type Program } from './program.ts'

export type Victim = 'api' | 'worker' | 'database' | 'machine'

/** The real programs as processes of their own on a durable database; the outside world in this process, which nobody kills. */
export interface Installation {
  origin: string
  network: LocalNetwork
  /** The superuser's connections. They are made anew after the database was killed. */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>
  /** kill -9, and a new start. */
  kill(victim: Victim): Promise<void>
  /** The whole machine dies and comes up with its clock so far ahead. Jobs that wait come due accordingly. */
  jump(ms: number): Promise<void>
  /** So much time goes by, and everything runs on. Jobs that wait come due accordingly. */
  pass(ms: number): Promise<void>
  /** Resolves when the API answers and its database is there. */
  ready(): Promise<void>
  /** From the start of a worker to the end of its first job, in ms. */
  firstJobs: number[]
  /** What must not be: programs that ended by themselves. */
  unexpectedEnds(): string[]
  /** Programs that ended because their database did. */
  endedAlong(): number
  lastOutput(): string
  close(): Promise<void>
}

export interface InstallationOptions {
  /** Where the coming start of that program is to die, or null. */
  nextCrash(program: 'api' | 'worker'): Crash | null
  onCrash(step: Step): void
}

const databaseName = 'torture'
const readyMs = 60_000
/** Services repeat for a day what a dead API did not take, which is longer than anything here takes. */
const webhookWaitsMs = [100, 500, ...Array<number>(200).fill(1_000)]

/** Starts everything. Call `close`. */
export async function startInstallation({ nextCrash, onCrash }: InstallationOptions): Promise<Installation> {
  let offsetMs = 0
  const cluster = await startTestCluster({ durable: true })
  const network = await startLocalNetwork({ now: () => new Date(Date.now() + offsetMs), webhookWaitsMs })
  const port = await freePort()
  const origin = `http://localhost:${port}`
  network.setAppUrl(origin)
  const urls = addresses(cluster.url)
  await migrate({ adminUrl: cluster.url, ownerUrl: urls.owner, appUrl: urls.app })
  const settings = settingsOf(origin, port, urls)
  const env = (): Record<string, string> => ({ ...network.env, ...settings, CLOCK_OFFSET_MS: String(offsetMs) })
  const firstJobs: number[] = []
  let workerStarts = 0
  const pool = openPool(urls.admin)
  const query = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> =>
    (await pool.query<R>(text, values)).rows
  const start = (name: 'api' | 'worker', onStart: () => void): Program =>
    keepRunning({
      script: `api/dist/${name === 'api' ? 'server' : 'worker'}.js`,
      env: () => ({ ...env(), PROCESS: name }),
      nextCrash: () => nextCrash(name),
      onCrash,
      onStart,
    })
  const api = start('api', () => {})
  const worker = start('worker', () => {
    workerStarts += 1
    const mine = workerStarts
    void timeFirstJob(query, () => mine === workerStarts).then((ms) => ms !== null && firstJobs.push(ms))
  })

  const ready = async (): Promise<void> => {
    for (const until = Date.now() + readyMs; Date.now() < until; await sleep(50)) {
      const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
      if (answer?.ok) return
    }
    throw new Error(`The API does not get ready:\n${api.output()}`)
  }
  return {
    origin,
    network,
    query,
    firstJobs,
    ready,
    async kill(victim) {
      if (victim === 'api' || victim === 'machine') api.kill()
      if (victim === 'worker' || victim === 'machine') worker.kill()
      if (victim === 'database' || victim === 'machine') await cluster.killAndRestart()
    },
    async jump(ms) {
      offsetMs += ms
      api.kill()
      worker.kill()
      await cluster.killAndRestart()
      await insist(() => query(jobsAhead, [ms]))
    },
    async pass(ms) {
      // The API was there all the time
      await query(`update webhook_listening set beat_at = beat_at + $1 * interval '1 millisecond'`, [ms])
      offsetMs += ms
      api.setClock(offsetMs)
      worker.setClock(offsetMs)
      await insist(() => query(jobsAhead, [ms]))
    },
    endedAlong: () => api.endedAlong() + worker.endedAlong(),
    unexpectedEnds: () => [...api.unexpectedEnds(), ...worker.unexpectedEnds()],
    lastOutput: () => `${api.output()}\n${worker.output()}`,
    async close() {
      await Promise.all([api.end(), worker.end()])
      await pool.end()
      await network.close()
      cluster.removeNow()
    },
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  // The database dies now and then; the next query has a new connection
  pool.on('error', () => {})
  return pool
}

function addresses(cluster: string): { admin: string; owner: string; app: string } {
  const as = (role?: string): string => {
    const url = new URL(cluster)
    url.pathname = `/${databaseName}`
    if (role !== undefined) {
      url.username = role
      url.password = 'torture'
    }
    return url.href
  }
  return { admin: as(), owner: as('ledgersync_owner'), app: as('ledgersync_app') }
}

function settingsOf(origin: string, port: number, urls: { owner: string; app: string }): Record<string, string> {
  return {
    NODE_ENV: 'development',
    PUBLIC_URL: origin,
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: '0',
    DATABASE_URL: urls.app,
    DATABASE_OWNER_URL: urls.owner,
    SESSION_SECRET: randomBytes(32).toString('base64'),
    KEY_ENCRYPTION_KEYS: `torture:${randomBytes(32).toString('base64')}`,
    LOG_LEVEL: 'warn',
    QUIET_HOURS: 'off',
    REQUESTS_PER_MINUTE_MAX: '1000000',
    TWILIO_MESSAGES_PER_SECOND: '100',
    SENDGRID_REQUESTS_PER_MINUTE: '6000',
  }
}

const jobsAhead = `update graphile_worker._private_jobs set run_at = run_at - $1 * interval '1 millisecond', updated_at = updated_at - $1 * interval '1 millisecond'`

type Query = Installation['query']

const triesMax = 50

/** Until it succeeds: the workers, who come up at the same time, lock the same rows in their own order. */
async function insist(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === triesMax) throw error
      await sleep(20)
    }
  }
}

/** Puts one job of no effect before the worker that starts now and waits until it is done. Null when it died before, or its database did. */
async function timeFirstJob(query: Query, isCurrent: () => boolean): Promise<number | null> {
  const startedAt = performance.now()
  const key = `torture:${randomBytes(6).toString('hex')}`
  try {
    await query(`select graphile_worker.add_job('sweep', '{}'::json, job_key => $1, priority => -100)`, [key])
    while (isCurrent() && performance.now() - startedAt < 20_000) {
      const [left] = await query<{ n: number }>(`select count(*)::int as n from graphile_worker._private_jobs where key = $1`, [key])
      if (left?.n === 0) return performance.now() - startedAt
      await sleep(20)
    }
    return null
  } catch (error) {
    if (!isDatabaseLost(error)) throw error
    return null
  }
}
