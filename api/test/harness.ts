import { EventEmitter } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { type LocalNetworkOptions, startLocalNetwork } from '@ledgersync/emulators/local'
import type { Endpoint, Input, Output } from '@ledgersync/shared/endpoint'
import { Logger as JobLogger, runOnce, type WorkerEvents } from 'graphile-worker'
import pg from 'pg'
import supertest from 'supertest'
import { buildApp } from '../src/app.ts'
import { type Config, readConfig } from '../src/config.ts'
import type { Deps } from '../src/core/context.ts'
import { buildDeps } from '../src/deps.ts'
import type { App } from '../src/http/app-type.ts'
import { createMetrics } from '../src/http/metrics.ts'
import { startLiveBus } from '../src/live/bus.ts'
import { createLogger } from '../src/logger.ts'
import { jobHandlers, startWorker } from '../src/runner.ts'
import { testDatabase } from './setup/database.ts'

type Network = Awaited<ReturnType<typeof startLocalNetwork>>

/** Somebody's cookies. */
export interface Browser {
  cookie: string
}

export interface Answer<T> {
  status: number
  body: T
  headers: Record<string, string>
  /** Cookies that were set, as a `Cookie` header. */
  cookie: string
}

/** The whole product in one process on a real database, talking HTTP to the emulators, with a clock that tests move. */
export interface TestApp {
  app: App
  deps: Deps
  config: Config
  network: Network
  /** The superuser's connections, for looking at what no role of the product may see. */
  admin: pg.Pool
  /** How long the bank takes until it has all rows of a new connection. */
  historyReadyMs: number
  /** Lines the product logged. */
  logs: string[]
  /** Calls an endpoint as somebody, as their browser would. Any status comes back. */
  call<E extends Endpoint>(endpoint: E, input?: Partial<Input<E>>, as?: Browser): Promise<Answer<Output<E>>>
  /** A raw request, for what no endpoint object describes. */
  request(): ReturnType<typeof supertest>
  /** Runs jobs and lets webhooks arrive until nothing is left to do now. Answers the failures of jobs, oldest first. */
  drain(): Promise<string[]>
  /** Moves the product's clock; waiting jobs come due accordingly. */
  advance(ms: number): Promise<void>
  close(): Promise<void>
}

const roundsMax = 200
/** The bank has the recent rows of a new connection after this, and all of them after as long again. */
const bankReadyDefaultMs = 150
/** Enough for whoever is away a moment; who is away for good costs a test one second. */
const webhookWaitsMs = [50, 200, 800]
/** Whoever has this username, and a verified e-mail, operates the installation under test. */
export const operatorUsername = 'operator@quillstone.example'

export interface TestOptions {
  /** Jobs run by themselves, as they do for people. */
  work?: boolean
  /** The emulators' clock is the product's: what a provider counts by the minute moves with `advance`. */
  oneClock?: boolean
  network?: LocalNetworkOptions
}

/** Starts the product for one test file. Close it in afterAll. */
export async function startTestApp(env: Record<string, string> = {}, options: TestOptions = {}): Promise<TestApp> {
  let offsetMs = 0
  const now = (): Date => new Date(Date.now() + offsetMs)
  const bankReadyMs = options.network?.plaid?.firstSyncReadyMs ?? bankReadyDefaultMs
  const network = await startLocalNetwork({
    webhookWaitsMs,
    ...(options.oneClock === true && { now }),
    ...options.network,
    plaid: { ...options.network?.plaid, firstSyncReadyMs: bankReadyMs },
  })
  const [database, port] = [await testDatabase(), await freePort()]
  const publicUrl = `http://localhost:${port}`
  network.setAppUrl(publicUrl)
  const config = readConfig({ ...network.env, ...testEnv(publicUrl, database), ...env })
  const logs: string[] = []
  const logger = createLogger(config.logLevel, { write: (line: string) => void logs.push(line) })
  const { deps, pool } = buildDeps(config, logger, now, options.oneClock === true ? now : () => new Date())
  const metrics = createMetrics()
  const bus = await startLiveBus(config.databaseUrl, logger)
  const app = await buildApp({ config, deps, bus, metrics, logger })
  await app.listen({ port, host: '127.0.0.1' })
  const ownerPool = new pg.Pool({ connectionString: database.ownerUrl, max: 6 })
  ownerPool.on('error', ignoreLost)
  ownerPool.on('connect', ignoreLostOf)
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 })

  // As browsers do: a connection of its own would be much of what a request takes
  const agent = new Agent({ keepAlive: true })
  const worker = options.work === true ? await startWorker(config, deps, metrics) : null
  const failures: string[] = []
  const handlers = jobHandlers(deps)
  // graphile-worker keeps for ever what it runs with: one set of options for each size, and in it nothing of the product
  const runs = [1, 2, 3, 4].map((concurrency) => {
    return { pgPool: ownerPool, concurrency, noHandleSignals: true, events: jobEvents(failures), logger: quietJobs, preset }
  })
  const drain = async (): Promise<string[]> => {
    failures.length = 0
    for (let round = 0; round < roundsMax; round++) {
      await network.settled()
      const due = await admin.query<{ n: number }>(
        'select count(*)::int as n from graphile_worker._private_jobs where run_at <= now() and attempts < max_attempts and locked_at is null',
      )
      const waiting = due.rows[0]?.n ?? 0
      // Whoever looks for jobs and finds none costs as much as one who does
      const run = runs[Math.min(waiting, runs.length) - 1]
      if (run === undefined) return [...failures]
      await runOnce(run, handlers)
    }
    const { rows } = await admin.query(
      `select t.identifier, j.key, j.attempts, j.last_error, q.locked_at as queue_locked_at
       from graphile_worker._private_jobs j
       join graphile_worker._private_tasks t on t.id = j.task_id
       left join graphile_worker._private_job_queues q on q.id = j.job_queue_id
       where j.run_at <= now() and j.locked_at is null`,
    )
    throw new Error(`Jobs never came to an end: ${JSON.stringify(rows)}`)
  }

  return {
    app,
    deps,
    config,
    network,
    admin,
    historyReadyMs: 2 * bankReadyMs + 50,
    logs,
    drain,
    call: (endpoint, input, as) => callEndpoint({ app, publicUrl, agent }, endpoint, input ?? {}, as),
    request: () => supertest(app.server),
    async advance(ms) {
      offsetMs += ms
      await admin.query(
        "update graphile_worker._private_jobs set run_at = run_at - $1 * interval '1 millisecond' where locked_at is null",
        [ms],
      )
    },
    async close() {
      agent.destroy()
      await worker?.stop()
      await app.close()
      await bus.close()
      await Promise.all([ownerPool.end(), admin.end(), pool.end()])
      await network.close()
    },
  }
}

/** The cluster is stopped while idle connections are open; nobody needs to know. */
const ignoreLost = (): void => {}
// Out here, for the pool is kept for ever (see `runs`), and with it whatever stands around a function that it calls
const ignoreLostOf = (client: pg.PoolClient): void => void client.on('error', ignoreLost)
const quietJobs = new JobLogger(() => () => {})
/** Only then does a run wait until its last jobs stand as done: a test that removed one before would leave its queue held for ever. */
const preset = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } }

function jobEvents(failures: string[]): WorkerEvents {
  // graphile-worker's events are an EventEmitter with typed names
  const events = new EventEmitter() as WorkerEvents
  events.on('job:error', ({ job, error }) => {
    failures.push(`${job.task_identifier}: ${error instanceof Error ? error.message : String(error)}`)
  })
  return events
}

function testEnv(publicUrl: string, database: { appUrl: string; ownerUrl: string }): Record<string, string> {
  return {
    NODE_ENV: 'test',
    PUBLIC_URL: publicUrl,
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    SESSION_SECRET: Buffer.alloc(32, 7).toString('base64'),
    KEY_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 9).toString('base64')}`,
    LOG_LEVEL: 'info',
    REQUESTS_PER_MINUTE_MAX: '1000000',
    OPERATORS: operatorUsername,
    TWILIO_MESSAGES_PER_SECOND: '100',
    SENDGRID_REQUESTS_PER_MINUTE: '6000',
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function callEndpoint<E extends Endpoint>(
  { app, publicUrl, agent }: { app: App; publicUrl: string; agent: Agent },
  endpoint: E,
  input: Partial<Input<E>>,
  as?: Browser,
): Promise<Answer<Output<E>>> {
  // Input<E> is this shape for every endpoint; the generic keeps TypeScript from seeing it
  const {
    params = {},
    query = {},
    body,
  } = input as unknown as { params?: Record<string, string>; query?: Record<string, unknown>; body?: object }
  const path = endpoint.url.replaceAll(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? `missing-${name}`))
  const search = searchOf(query)
  const response = await sendRequest({
    agent,
    // A listening TCP server has an AddressInfo
    port: (app.server.address() as AddressInfo).port,
    method: endpoint.method,
    path: `/v1${path}${search === '' ? '' : `?${search}`}`,
    headers: { origin: publicUrl, ...(as !== undefined && { cookie: as.cookie }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const cookie = (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '').join('; ')
  // Whatever has one value only, but for set-cookie, which is read above
  const headers = response.headers as Record<string, string>
  return { status: response.status, body: response.body as Output<E>, headers, cookie }
}

/** Lists are repeated, what is undefined is left out. */
function searchOf(query: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined) search.append(name, String(each))
  return search.toString()
}

interface Sent {
  agent: Agent
  port: number
  method: string
  path: string
  headers: Record<string, string>
  body?: string
}

/** A request as such: what supertest adds would be nearly half of what a small one takes. */
function sendRequest({ body, headers, ...rest }: Sent): Promise<{ status: number; headers: IncomingHttpHeaders; body: unknown }> {
  const content = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...rest, host: '127.0.0.1', headers: { ...headers, ...content } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isJson = /[/+]json\b/.test(response.headers['content-type'] ?? '')
        const answer: unknown = isJson ? JSON.parse(bytes.toString('utf8')) : bytes.length === 0 ? {} : bytes
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
