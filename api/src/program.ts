import closeWithGrace from 'close-with-grace'
import { createClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './core/context.ts'
import { keyringProblem } from './core/crypto.ts'
import { describeFailure } from './core/failures.ts'
import { buildDeps } from './deps.ts'
import { securityHeaders } from './http/headers.ts'
import { createMetrics, measureJobs, startMetricsServer } from './http/metrics.ts'
import { createLogger } from './logger.ts'
import { reach, reachOnce, untilMigrated } from './reach.ts'
import { ConfigError } from './core/settings.ts'

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
  const closers: (() => Promise<unknown>)[] = []
  // Before anything can fail: an error that nobody catches would be printed with all that it carries
  closeWithGrace({ delay: 20_000, logger: false }, async ({ err, signal }) => {
    if (err) log.error({ ...describeFailure(err) }, 'the process fails')
    else log.info({ signal }, 'closing')
    for (const close of closers) await close()
    await pool.end()
  })
  await reach({ name: 'DATABASE_URL', pool, role: 'ledgersync_app' }, databasePatienceMs, log)
  if (part !== 'api')
    await reachOnce({ name: 'DATABASE_OWNER_URL', url: config.databaseOwnerUrl, role: 'ledgersync_owner' }, databasePatienceMs, log)
  await untilMigrated(deps.db, databasePatienceMs, log)
  const keysProblem = await keyringProblem(deps.db, deps.keyring)
  if (keysProblem !== null) throw new ConfigError('KEY_ENCRYPTION_KEYS', keysProblem)
  const metrics = createMetrics()
  measureJobs(metrics, deps)

  const metricsServer = await startMetricsServer(metrics, { host: config.host, port: config.metricsPort, headers: securityHeaders(config) })
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
    const bus = await startLiveBus(config.databaseUrl, log)
    const app = await buildApp({ config, deps, bus, metrics, logger })
    await app.listen({ host: config.host, port: config.port })
    closers.unshift(() => bus.close())
    closers.unshift(() => app.close())
    const endNotes = await noteListening(deps)
    closers.unshift(async () => endNotes())
    log.info({ address: config.publicUrl, port: config.port }, 'ready')
  }
}
