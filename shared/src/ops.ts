import { type Static, Type } from 'typebox'
import { Empty, Id, Instant, Nullable, Page, pageQuery } from './common.ts'
import { endpoint } from './endpoint.ts'

/** Nothing is counted beyond this, so that counting stays cheap however much waits. */
export const countMax = 10_000

const Count = (description: string) =>
  Type.Integer({ description: `${description}; ${countMax} stands for that many and more`, minimum: 0, maximum: countMax })
const TaskName = Type.String({ description: 'Name of the task, as logs and metrics have it' })
const Words = Type.String({ description: 'What the task does, in words' })
const Backlog = (what: string) =>
  Type.Object(
    { count: Count(what), oldestAt: Nullable(Instant('Since when the oldest of them is; null when there is none')) },
    { description: what },
  )

export const TaskState = Type.Object({
  task: TaskName,
  name: Words,
  waiting: Count('Jobs whose time has not come'),
  due: Count('Jobs that could run now'),
  running: Count('Jobs at work'),
  retrying: Count('Jobs that failed and wait for their next try'),
  givenUp: Count('Jobs that failed for good: nobody tries them again'),
  oldestDueAt: Nullable(Instant('Since when the oldest due job could have run')),
  runningSince: Nullable(Instant('Since when the job is at work that is at work longest')),
})
export type TaskState = Static<typeof TaskState>

export const Worker = Type.Object({
  name: Type.String({ description: 'Machine and process' }),
  since: Instant('When it started, or last lost its connection to the database'),
  running: Count('Jobs it is at work on'),
})

export const HeldQueue = Type.Object({
  queue: Type.String({ description: 'Name of the queue; its jobs run one after the other' }),
  name: Nullable(Type.String({ description: 'What the job at work in it does; null when there is none, which is a mistake' })),
  heldSince: Instant('When that job was taken'),
})

export const Scheduled = Type.Object({
  task: TaskName,
  name: Words,
  lastRunAt: Nullable(Instant('When it was last started by the clock; null when never')),
})

export const Operations = Type.Object({
  databaseTime: Instant('The clock of the database, by which jobs run'),
  workers: Type.Array(Worker, { description: 'Processes that take jobs, the one that started first at the beginning' }),
  tasks: Type.Array(TaskState, { description: 'Every task' }),
  queues: Type.Array(HeldQueue, { description: 'The hundred queues that are held longest' }),
  schedule: Type.Array(Scheduled, { description: 'What runs by the clock' }),
  webhooks: Backlog('Webhooks that were stored and are not handled yet'),
  messages: Backlog('Messages whose outcome is not known a minute after it should be'),
  pushes: Backlog('Entries for QuickBooks whose outcome is not known a minute after it should be'),
})
export type Operations = Static<typeof Operations>

export const FailedJob = Type.Object({
  id: Type.String({ description: 'The job' }),
  task: TaskName,
  name: Words,
  state: Type.Enum(['given_up', 'retrying'], { description: 'given_up: nobody tries it again; retrying: it failed and is tried again' }),
  attempts: Type.Integer({ description: 'Tries so far' }),
  attemptsMax: Type.Integer({ description: 'Tries before it is given up' }),
  reason: Type.String({ description: 'Why the last try failed' }),
  queuedAt: Instant('When it was first asked for'),
  nextTryAt: Nullable(Instant('When it is tried again; null when given up')),
  firmId: Nullable(Id('The firm it works for; null when it works for none')),
  subjectId: Nullable(Id('What it works on')),
  ifDiscarded: Type.String({ description: 'What comes of its work when it is discarded' }),
})
export type FailedJob = Static<typeof FailedJob>

const JobParams = Type.Object({ jobId: Type.String({ description: 'The job', pattern: '^[1-9][0-9]{0,17}$' }) })
const tag = 'Operation'
const secrecy = 'Only for operators of the installation: to everybody else who is signed in, there is nothing at this address.'

export const ops = {
  get: endpoint({
    id: 'getOperations',
    method: 'GET',
    url: '/ops',
    access: 'operator',
    tag,
    summary: 'How background work stands',
    description: `Workers, tasks, held queues, the schedule, and what waits for an outcome, over all firms. ${secrecy}`,
    schema: { response: { 200: Operations } },
  }),
  listFailures: endpoint({
    id: 'listFailedJobs',
    method: 'GET',
    url: '/ops/jobs',
    access: 'operator',
    tag,
    summary: 'Jobs that failed',
    description: `Jobs that were given up, then those that are tried again, of each the ones tried most first; a page at a time. ${secrecy}`,
    schema: {
      querystring: Type.Object({
        ...pageQuery,
        task: Type.Optional(Type.String({ description: 'Only of this task', pattern: '^[a-z_]{1,64}$' })),
      }),
      response: { 200: Page(FailedJob) },
    },
  }),
  retry: endpoint({
    id: 'retryJob',
    method: 'POST',
    url: '/ops/jobs/:jobId/retry',
    access: 'operator',
    tag,
    summary: 'Run a failed job now',
    description: `The job becomes due at once and has all its tries again. The firm's audit log says so. ${secrecy}`,
    schema: { params: JobParams, response: { 204: Empty } },
  }),
  discard: endpoint({
    id: 'discardJob',
    method: 'DELETE',
    url: '/ops/jobs/:jobId',
    access: 'operator',
    tag,
    summary: 'Forget a job that was given up',
    description: `It goes with its reason and its tries; rows that still need the work get a new job within minutes. The firm's audit log says so. ${secrecy}`,
    schema: { params: JobParams, response: { 204: Empty } },
  }),
  retryTask: endpoint({
    id: 'retryTask',
    method: 'POST',
    url: '/ops/tasks/:task/retry',
    access: 'operator',
    tag,
    summary: 'Run what was given up',
    description: `All jobs of a task that were given up become due at once, a thousand a call: repeat it while \`more\` is true. ${secrecy}`,
    schema: {
      params: Type.Object({ task: Type.String({ description: 'The task', pattern: '^[a-z_]{1,64}$' }) }),
      response: {
        200: Type.Object({
          retried: Type.Integer({ description: 'Jobs that are due now' }),
          more: Type.Boolean({ description: 'Whether some are left' }),
        }),
      },
    },
  }),
}
