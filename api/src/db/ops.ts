import { sql } from 'drizzle-orm'
import type { Db, Tx } from './client.ts'

/** Class of the advisory locks by which worker processes show that they live. */
export const workerLockClass = 7_305

export interface TaskRow {
  task: string
  waiting: number
  due: number
  running: number
  retrying: number
  givenUp: number
  oldestDueAt: Date | null
  /** By the database's clock, seconds; 0 when nothing is due. */
  oldestDueAgeSeconds: number
  runningSince: Date | null
}

const dateOf = (value: string | null): Date | null => (value === null ? null : new Date(value))

/** How many jobs of each task are in which state, none counted beyond `countMax`. */
export async function readTasks(db: Db | Tx, countMax: number): Promise<TaskRow[]> {
  type Row = Record<'task' | 'waiting' | 'due' | 'running' | 'retrying' | 'given_up', string> &
    Record<'oldest_due_at' | 'running_since', string | null> & { age: number }
  const { rows } = await db.execute<Row>(
    sql`select t.*, coalesce(extract(epoch from now() - t.oldest_due_at), 0)::float8 as age from ops_tasks(${countMax}) t order by t.task`,
  )
  return rows.map((row) => ({
    task: row.task,
    waiting: Number(row.waiting),
    due: Number(row.due),
    running: Number(row.running),
    retrying: Number(row.retrying),
    givenUp: Number(row.given_up),
    oldestDueAt: dateOf(row.oldest_due_at),
    oldestDueAgeSeconds: row.age,
    runningSince: dateOf(row.running_since),
  }))
}

export interface FailureRow {
  id: string
  task: string
  givenUp: boolean
  attempts: number
  attemptsMax: number
  /** Null when the process died in the middle of the last try. */
  lastError: string | null
  createdAt: Date
  /** As the database writes it, to the microsecond: part of a page's cursor. */
  runAt: string
  firmId: string | null
  subjectId: string | null
}

/** Where a page of failures begins: after the row of these values. */
export type FailureKey = Pick<FailureRow, 'givenUp' | 'runAt' | 'id'>

/** Failed jobs, of one task or of all: the given up ones first, in each part the latest `runAt` first. */
export async function readFailures(
  db: Db | Tx,
  { task, after, limit }: { task: string | null; after: FailureKey | null; limit: number },
): Promise<FailureRow[]> {
  type Row = Record<'id' | 'task' | 'created_at' | 'run_at', string> &
    Record<'last_error' | 'firm_id' | 'subject_id', string | null> & { given_up: boolean; attempts: number; attempts_max: number }
  const { rows } = await db.execute<Row>(
    sql`select * from ops_failures(${task}, ${after?.givenUp ?? null}::boolean, ${after?.runAt ?? null}::timestamptz, ${after?.id ?? null}::bigint, ${limit})`,
  )
  return rows.map((row) => ({
    id: row.id,
    task: row.task,
    givenUp: row.given_up,
    attempts: row.attempts,
    attemptsMax: row.attempts_max,
    lastError: row.last_error,
    createdAt: new Date(row.created_at),
    runAt: row.run_at,
    firmId: row.firm_id,
    subjectId: row.subject_id,
  }))
}

/** Queues in which a job is at work, those held longest first. `task` is null when no job of the queue runs. */
export async function readHeldQueues(db: Db | Tx, limit: number): Promise<{ queue: string; task: string | null; heldSince: Date }[]> {
  const { rows } = await db.execute<{ queue: string; task: string | null; held_since: string }>(sql`select * from ops_queues(${limit})`)
  return rows.map(({ queue, task, held_since }) => ({ queue, task, heldSince: new Date(held_since) }))
}

/** When each task of the schedule was last started; null when never. */
export async function readSchedule(db: Db | Tx): Promise<{ task: string; lastRunAt: Date | null }[]> {
  const { rows } = await db.execute<{ task: string; last_run_at: string | null }>(sql`select task, last_run_at from ops_schedule()`)
  return rows.map((row) => ({ task: row.task, lastRunAt: dateOf(row.last_run_at) }))
}

/** The processes that take jobs now. */
export async function readWorkers(db: Db | Tx): Promise<{ name: string; since: Date; running: number }[]> {
  const { rows } = await db.execute<{ name: string; since: string; running: string }>(sql`select * from ops_workers(${workerLockClass})`)
  return rows.map(({ name, since, running }) => ({ name, since: new Date(since), running: Number(running) }))
}

export interface Backlog {
  count: number
  oldestAt: Date | null
}

/** Webhooks that were stored and not handled yet. */
export async function readUnhandledWebhooks(db: Db | Tx, countMax: number): Promise<Backlog> {
  const { rows } = await db.execute<{ waiting: string; oldest_at: string | null }>(sql`select * from ops_webhooks(${countMax})`)
  return { count: Number(rows[0]?.waiting ?? 0), oldestAt: dateOf(rows[0]?.oldest_at ?? null) }
}

/** Messages and pushes of all firms whose lease ended before `byThen`, on the product's clock, without an outcome. */
export async function readDoubts(db: Db | Tx, byThen: Date, countMax: number): Promise<Record<'messages' | 'pushes', Backlog>> {
  type Row = { kind: string; doubtful: string; oldest_at: string | null }
  const { rows } = await db.execute<Row>(sql`select * from ops_doubts(${byThen.toISOString()}::timestamptz, ${countMax})`)
  const of = (kind: string): Backlog => {
    const row = rows.find((each) => each.kind === kind)
    return { count: Number(row?.doubtful ?? 0), oldestAt: dateOf(row?.oldest_at ?? null) }
  }
  return { messages: of('messages'), pushes: of('pushes') }
}

export interface FoundFailure {
  task: string
  firmId: string | null
  subjectId: string | null
  givenUp: boolean
}

/** What a failed job that nobody works on is about; null when there is no such job. */
export async function findFailure(db: Db | Tx, jobId: string): Promise<FoundFailure | null> {
  type Row = { task: string; firm_id: string | null; subject_id: string | null; given_up: boolean }
  const { rows } = await db.execute<Row>(sql`select * from ops_find(${jobId}::bigint)`)
  const [row] = rows
  return row === undefined ? null : { task: row.task, firmId: row.firm_id, subjectId: row.subject_id, givenUp: row.given_up }
}

/** Makes failed jobs of the transaction's firm, or of no firm, due now with all their tries. Answers those that moved. */
export async function retryFailures(tx: Tx, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`select ops_retry(${sql.param(jobIds)}::bigint[]) as id`)
  return rows.map(({ id }) => id)
}

/** Forgets a given up job of the transaction's firm, or of no firm. False when it is not there, or not given up any more. */
export async function discardFailure(tx: Tx, jobId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ gone: boolean }>(sql`select ops_discard(${jobId}::bigint) as gone`)
  return rows[0]?.gone === true
}

/** Drops what the job schema would keep for ever: queues without a job, and failed jobs that a successor has replaced. */
export async function sweepJobs(db: Db): Promise<void> {
  await db.execute(sql`select job_sweep()`)
}
