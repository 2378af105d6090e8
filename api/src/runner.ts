import { type JobHelpers, Logger as JobLogger, parseCronItems, run, type Runner, type TaskList } from 'graphile-worker'
import pg from 'pg'
import type { Config } from './config.ts'
import { guardWorkers } from './dead-workers.ts'
import type { Deps, Log } from './core/context.ts'
import { comeBackMs } from './core/errors.ts'
import type { JobPayloads } from './core/enqueue.ts'
import { describeFailure } from './core/failures.ts'
import type { Metrics } from './http/metrics.ts'
import { schedule, tasks } from './tasks.ts'

const concurrentJobs = 8

type Outcome = 'done' | 'failed' | 'waiting'

/**
 * The handlers as graphile-worker calls them: typed payloads, failures reduced to what is safe to keep, outcomes counted. A job
 * that has to wait for its turn at a provider comes back exactly then, and has used up none of its attempts.
 */
export function jobHandlers(deps: Deps, onOutcome: (task: string, outcome: Outcome) => void = () => {}): TaskList {
  const wrap =
    <T extends keyof JobPayloads>(name: T) =>
    async (payload: unknown, helpers: JobHelpers): Promise<void> => {
      try {
        // Only core/enqueue.ts and the schedule write payloads
        await tasks[name](deps, payload as JobPayloads[T])
        onOutcome(name, 'done')
      } catch (error) {
        const waitMs = comeBackMs(error)
        if (waitMs !== null && helpers.job.key !== null) {
          await comeBack(helpers, waitMs)
          onOutcome(name, 'waiting')
          return
        }
        onOutcome(name, 'failed')
        throw safeFailure(error)
      }
    }
  // Object.keys of a mapped type over JobPayloads
  const names = Object.keys(tasks) as (keyof JobPayloads)[]
  return Object.fromEntries(names.map((name) => [name, wrap(name)]))
}

/** Adds the running job once more, for later. One of its key that was added meanwhile keeps its time: it will see for itself. */
async function comeBack({ job, addJob, getQueueName }: JobHelpers, waitMs: number): Promise<void> {
  const queueName = await getQueueName()
  await addJob(job.task_identifier, job.payload, {
    ...(queueName !== null && { queueName }),
    ...(job.key !== null && { jobKey: job.key }),
    jobKeyMode: 'preserve_run_at',
    runAt: new Date(Date.now() + waitMs),
    maxAttempts: job.max_attempts,
    priority: job.priority,
  })
}

/** graphile-worker stores a failure's message and writes its stack: neither may tell what the work was about. */
function safeFailure(error: unknown): Error {
  const { error: sentence, stack } = describeFailure(error)
  const safe = new Error(sentence)
  safe.stack = `Error: ${sentence}\n${stack}`
  return safe
}

const restartMs = 500

/**
 * Starts background work: jobs as they are added, and the schedule. Its own connections are the owner's. A runner that a lost
 * database has ended is started again, for ever.
 */
export async function startWorker(config: Config, deps: Deps, metrics: Metrics): Promise<{ stop(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: config.databaseOwnerUrl, max: concurrentJobs + 4 })
  const lost = (error: Error): void => deps.log.warn({ error: describeFailure(error).error }, 'a job connection was lost')
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))
  const guard = await guardWorkers(config.databaseOwnerUrl, deps.log)
  let stopping = false
  let runner: Runner | null = null
  const start = async (): Promise<void> => {
    const started = await run({
      pgPool: pool,
      events: guard.events,
      preset: { plugins: [{ name: 'be-seen', version: '1', worker: { hooks: { startWorker: () => guard.isSeen() } } }] },
      concurrency: concurrentJobs,
      noHandleSignals: true,
      pollInterval: 1_000,
      taskList: jobHandlers(deps, (task, outcome) => metrics.jobs.inc({ task, outcome })),
      parsedCronItems: parseCronItems(
        schedule.map(({ task, match, attemptsMax }) => ({
          task,
          match,
          // One walk after the other, however long one takes
          options: { backfillPeriod: 0, queueName: task, ...(attemptsMax !== undefined && { maxAttempts: attemptsMax }) },
        })),
      ),
      logger: jobLogger(deps.log),
    })
    runner = started
    started.promise.catch(startAgain)
  }
  const startAgain = (error: unknown): void => {
    if (stopping) return
    deps.log.error({ error: describeFailure(error).error }, 'background work has stopped; it is started again')
    runner = null
    guard.forget()
    setTimeout(() => void (stopping ? undefined : start().catch(startAgain)), restartMs)
  }
  await start().catch(startAgain)
  return {
    async stop() {
      stopping = true
      await runner?.stop()
      await guard.stop()
      await pool.end()
    },
  }
}

function jobLogger(log: Log): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error') log.error({}, message.slice(0, 500))
    else if (level === 'warning') log.warn({}, message.slice(0, 500))
  })
}
