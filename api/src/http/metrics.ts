import type { Server } from 'node:http'
import { countMax } from '@ledgersync/shared/ops'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Deps } from '../core/context.ts'
import { readTasks, readWorkers, type TaskRow } from '../db/ops.ts'
import type { App } from './app-type.ts'
import { createHttpServer, refuseConnection } from './server.ts'

export interface Metrics {
  registry: Registry
  requests: Histogram<'method' | 'route' | 'status'>
  jobs: Counter<'task' | 'outcome'>
}

/** The process's own metrics plus requests and jobs; labels hold route patterns, never ids. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    }),
    jobs: new Counter({ name: 'jobs_total', help: 'Jobs by outcome', labelNames: ['task', 'outcome'], registers: [registry] }),
  }
}

/** What is measured of each task's jobs, over all processes: the same from whichever process it is read. */
const taskGauges: { name: string; help: string; of: (task: TaskRow) => number }[] = [
  { name: 'jobs_waiting', help: 'Jobs whose time has not come', of: (task) => task.waiting },
  { name: 'jobs_due', help: 'Jobs that could run now', of: (task) => task.due },
  { name: 'jobs_running', help: 'Jobs at work', of: (task) => task.running },
  { name: 'jobs_retrying', help: 'Jobs that failed and wait for their next try', of: (task) => task.retrying },
  { name: 'jobs_given_up', help: 'Jobs that failed for good', of: (task) => task.givenUp },
  { name: 'jobs_oldest_due_age_seconds', help: 'How long the oldest due job could have run', of: (task) => task.oldestDueAgeSeconds },
]

/**
 * Adds what waits in the database to the metrics, read once for each time they are asked for; no count goes beyond `countMax`.
 * While the database cannot be reached they say nothing, and the process's own metrics stay.
 */
export function measureJobs({ registry }: Metrics, deps: Deps): void {
  let reading: Promise<{ tasks: TaskRow[]; workers: number } | null> | undefined
  const read = async () => {
    try {
      return { tasks: await readTasks(deps.db, countMax), workers: (await readWorkers(deps.db)).length }
    } catch (error) {
      deps.log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the jobs could not be measured')
      return null
    } finally {
      reading = undefined
    }
  }
  // All gauges of one answer are collected in the same turn, so they share one reading
  const figures = () => (reading ??= read())
  for (const { name, help, of } of taskGauges) {
    const labelNames = ['task'] as const
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const found = await figures()
        this.reset()
        for (const task of found?.tasks ?? []) this.set({ task: task.task }, of(task))
      },
    })
  }
  new Gauge({
    name: 'workers_live',
    help: 'Worker processes that live; not a number while that cannot be known',
    registers: [registry],
    async collect() {
      const found = await figures()
      this.set(found?.workers ?? Number.NaN)
    },
  })
}

/** Times every request by its route. */
export function registerMetrics(app: App, metrics: Metrics): void {
  app.addHook('onResponse', async (req, reply) => {
    metrics.requests.observe(
      { method: req.method, route: req.routeOptions.url ?? 'unknown', status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    )
  })
}

export interface MetricsAddress {
  host: string
  port: number
  headers: Readonly<Record<string, string>>
}

/** Serves `/metrics` on a port of its own, which the public proxy does not forward. */
export function startMetricsServer(metrics: Metrics, { host, port, headers }: MetricsAddress): Promise<Server> {
  const server = createHttpServer(headers, (req, res) => {
    if (req.url !== '/metrics' || (req.method !== 'GET' && req.method !== 'HEAD')) {
      res.writeHead(404).end()
      return
    }
    metrics.registry.metrics().then(
      (text) => res.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
      () => res.writeHead(500).end(),
    )
  })
  server.on('clientError', refuseConnection(headers))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
