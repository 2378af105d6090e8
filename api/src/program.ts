import closeWithGrace from 'close-with-grace'
import type { AppParts } from './app.ts'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './core/context.ts'
import { describeFailure } from './core/failures.ts'
import { ConfigError } from './core/settings.ts'
import { buildDeps } from './deps.ts'
import { securityHeaders } from './http/headers.ts'
import { createMetrics, measureJobs, startMetricsServer } from './http/metrics.ts'
import { createLogger } from './logger.ts'
import { reach, reachOnce, tryKeys, untilMigrated } from './reach.ts'

/** A database that starts or is migrated at the same time, or that comes up after a crash, is waited for. */
const databasePatienceMs = 60_000

/**
 * The process: API, worker or both as configured (`only` overrides), its metrics, and a graceful end:
 * no new requests, running ones and running jobs finish, then the pools close. Each part is loaded only where it runs, so that a
 * worker is back at work soon.
 */
export async function runProgram(config: Config, only?: Config['process']): Promise<void> {
  const logger = createLogger(config.logLevel)
  const log: Log = logger
  const part = only ?? config.process
  const { deps, pool } = buildDeps(config, log, createClock(config))
  const closers: Closers = [() => pool.end()]
  const close = async (): Promise<void> => {
    for (const each of closers) await each()
  }
  // Before anything can fail: an error that nobody catches would be printed with all that it carries
  closeWithGrace({ delay: 20_000, logger: false }, async ({ err, signal }) => {
    if (err) log.error({ ...describeFailure(err) }, 'the process fails')
    else log.info({ signal }, 'closing')
    await close()
  })
  const patience = { ms: databasePatienceMs, log }
  await reach({ name: 'DATABASE_URL', pool, role: 'ledgersync_app' }, patience)
  if (part !== 'api')
    await reachOnce({ name: 'DATABASE_OWNER_URL', url: config.databaseOwnerUrl, role: 'ledgersync_owner', sameAs: pool }, patience)
  await untilMigrated(deps.db, patience)
  await tryKeys(deps, patience)
  const metrics = createMetrics()
  measureJobs(metrics, deps)
  try {
    await startParts({ config, deps, metrics, logger }, part, closers)
  } catch (error) {
    // What has begun meanwhile ends as it does at a signal; anything else that fails comes by there
    if (error instanceof ConfigError) await close()
    throw error
  }
}

/** What ends the process, in order. */
type Closers = (() => Promise<unknown>)[]

async function startParts(parts: Omit<AppParts, 'bus'>, part: Config['process'], closers: Closers): Promise<void> {
  const { config, deps, metrics, logger } = parts
  const { host, metricsPort, port } = config
  const metricsServer = await listening({ host, name: 'METRICS_PORT', port: metricsPort }, () =>
    startMetricsServer(metrics, { host, port: metricsPort, headers: securityHeaders(config) }),
  )
  closers.unshift(() => new Promise((resolve) => metricsServer.close(resolve)))
  if (part !== 'api') {
    const { startWorker } = await import('./runner.ts')
    const worker = await startWorker(config, deps, metrics)
    closers.unshift(() => worker.stop())
  }
  if (part !== 'worker') {
    const [{ buildApp }, { startLiveBus }, { noteListening }] = await Promise.all([
      import('./app.ts'),
      import('./live/bus.ts'),
      import('./messages/listening.ts'),
    ])
    const bus = await startLiveBus(config.databaseUrl, logger)
    closers.unshift(() => bus.close())
    const app = await buildApp({ ...parts, bus })
    closers.unshift(() => app.close())
    await listening({ host, name: 'PORT', port }, () => app.listen({ host, port }))
    const endNotes = await noteListening(deps)
    closers.unshift(async () => endNotes())
    logger.info({ address: config.publicUrl, port }, 'ready')
  }
}

/** Has `work` listen there. Throws {@link ConfigError} when it cannot. */
async function listening<T>({ host, name, port }: { host: string; name: string; port: number }, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EADDRINUSE') throw new ConfigError(name, `is ${port}, which is taken at ${host}`)
    if (code === 'EACCES') throw new ConfigError(name, `is ${port}, which the program may not have`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new ConfigError('HOST', `is ${host}, which is no address of this machine`)
    throw error
  }
}
