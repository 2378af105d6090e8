import { countMax, type FailedJob, type Operations } from '@ledgersync/shared/ops'
import type { Page } from '@ledgersync/shared/common'
import { and, eq, sql } from 'drizzle-orm'
import { recordAudit } from '../core/audit.ts'
import { type Ctx, type StaffCtx, systemCtx } from '../core/context.ts'
import { decodeCursor, toPage } from '../core/cursor.ts'
import { AppError, notFound } from '../core/errors.ts'
import { inTransaction, one, type Tx, withFirm } from '../db/client.ts'
import {
  type Backlog,
  discardFailure,
  type FailureRow,
  findFailure,
  readDoubts,
  readFailures,
  readHeldQueues,
  readSchedule,
  readTasks,
  readUnhandledWebhooks,
  readWorkers,
  retryFailures,
} from '../db/ops.ts'
import { staffTable } from '../db/schema/firms.ts'
import { isTask, wordsOf } from './words.ts'

const queuesMax = 100
/** A lease that has just ended is taken up within seconds; what is still open after this has been left. */
const graceMs = 60_000
const retriedAtOnceMax = 1_000

const iso = (at: Date | null): string | null => at?.toISOString() ?? null
const backlog = ({ count, oldestAt }: Backlog) => ({ count, oldestAt: iso(oldestAt) })

/** How background work of the whole installation stands: counts, times and ids, nothing of any firm. */
export async function readOperations(ctx: StaffCtx): Promise<Operations> {
  const { deps } = ctx
  // One connection for all, however many operators look
  return inTransaction(
    deps.db,
    async (tx) => {
      const time = one((await tx.execute<{ now: string }>(sql`select now()::text as now`)).rows)
      const doubts = await readDoubts(tx, new Date(deps.now().getTime() - graceMs), countMax)
      return {
        databaseTime: new Date(time.now).toISOString(),
        workers: (await readWorkers(tx)).map(({ since, ...worker }) => ({ ...worker, since: since.toISOString() })),
        tasks: (await readTasks(tx, countMax)).map(({ oldestDueAt, runningSince, oldestDueAgeSeconds: _age, ...task }) => ({
          ...task,
          name: wordsOf(task.task).name,
          oldestDueAt: iso(oldestDueAt),
          runningSince: iso(runningSince),
        })),
        queues: (await readHeldQueues(tx, queuesMax)).map(({ queue, task, heldSince }) => ({
          queue,
          name: task === null ? null : wordsOf(task).name,
          heldSince: heldSince.toISOString(),
        })),
        schedule: (await readSchedule(tx))
          .filter(({ task }) => isTask(task))
          .map(({ task, lastRunAt }) => ({ task, name: wordsOf(task).name, lastRunAt: iso(lastRunAt) })),
        webhooks: backlog(await readUnhandledWebhooks(tx, countMax)),
        messages: backlog(doubts.messages),
        pushes: backlog(doubts.pushes),
      }
    },
    'read',
  )
}

const cursorPatterns = [/^(given_up|retrying)$/, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/, /^\d{1,18}$/]

/** A page of the jobs that failed, of one task or of all. */
export async function listFailures(
  ctx: StaffCtx,
  { task, cursor, limit = 50 }: { task?: string; cursor?: string; limit?: number },
): Promise<Page<FailedJob>> {
  const [state, runAt = '', id = ''] = decodeCursor(cursor, cursorPatterns) ?? []
  const after = state === undefined ? null : { givenUp: state === 'given_up', runAt, id }
  const rows = await readFailures(ctx.deps.db, { task: task ?? null, after, limit: limit + 1 })
  return toPage(rows, limit, (row) => [stateOf(row), row.runAt, row.id], toFailedJob)
}

const stateOf = ({ givenUp }: FailureRow) => (givenUp ? ('given_up' as const) : ('retrying' as const))

function toFailedJob(row: FailureRow): FailedJob {
  const { id, task, attempts, attemptsMax, firmId, subjectId } = row
  return {
    id,
    task,
    ...wordsOf(task),
    state: stateOf(row),
    attempts,
    attemptsMax,
    reason: row.lastError ?? 'The worker ended before the job was done.',
    queuedAt: row.createdAt.toISOString(),
    nextTryAt: row.givenUp ? null : new Date(row.runAt).toISOString(),
    firmId,
    subjectId,
  }
}

/** Makes a failed job due now with all its tries. Throws `not_found` or `conflict` when it runs, is done or was asked for anew. */
export async function retryJob(ctx: StaffCtx, jobId: string): Promise<void> {
  await actOn(ctx, jobId, { action: 'job.retried', act: async (tx) => (await retryFailures(tx, [jobId])).length > 0 })
}

/** Forgets a job that was given up. Throws `not_found` or `conflict` when it is not given up any more. */
export async function discardJob(ctx: StaffCtx, jobId: string): Promise<void> {
  await actOn(ctx, jobId, { action: 'job.discarded', act: (tx) => discardFailure(tx, jobId) })
}

/** Makes up to a thousand given up jobs of a task due now, firm by firm, each firm's audited in its own log. */
export async function retryTask(ctx: StaffCtx, task: string): Promise<{ retried: number; more: boolean }> {
  if (!isTask(task)) throw notFound('task')
  const found = await readFailures(ctx.deps.db, { task, after: null, limit: retriedAtOnceMax + 1 })
  const givenUp = found.filter((job) => job.givenUp)
  const byFirm = new Map<string | null, string[]>()
  for (const { id, firmId } of givenUp.slice(0, retriedAtOnceMax)) byFirm.set(firmId, [...(byFirm.get(firmId) ?? []), id])
  const operator = await readOperator(ctx)
  let retried = 0
  for (const [firmId, ids] of byFirm) {
    retried += await inFirmOf(ctx, firmId, async (tx, scope) => {
      const moved = await retryFailures(tx, ids)
      if (moved.length > 0) await recordAudit(tx, scope, 'job.retried', { details: { operator, task, jobs: moved.length } })
      return moved.length
    })
  }
  logAct(ctx, { action: 'job.retried', task, retried })
  return { retried, more: givenUp.length > retriedAtOnceMax }
}

const movedOn = 'This job has moved on: it runs, is done, was discarded, or was asked for anew.'

/** Acts on one failed job in its firm's transaction, with the audit entry; `act` answers whether it changed anything. */
async function actOn(ctx: StaffCtx, jobId: string, { action, act }: { action: string; act: (tx: Tx) => Promise<boolean> }): Promise<void> {
  const job = await findFailure(ctx.deps.db, jobId)
  if (job === null) throw new AppError('not_found', movedOn)
  const { task, firmId, subjectId } = job
  const operator = await readOperator(ctx)
  await inFirmOf(ctx, firmId, async (tx, scope) => {
    if (!(await act(tx))) throw new AppError('conflict', movedOn)
    await recordAudit(tx, scope, action, { ...(subjectId !== null && { id: subjectId }), details: { operator, task, jobId } })
  })
  logAct(ctx, { action, jobId, task, firmId })
}

/** Who acts, for the audit log of a firm that is not theirs. */
async function readOperator(ctx: StaffCtx): Promise<{ id: string; name: string }> {
  const { staffId } = ctx.actor
  const me = and(eq(staffTable.firmId, ctx.firmId), eq(staffTable.id, staffId))
  const rows = await withFirm(ctx, (tx) => tx.select({ name: staffTable.name }).from(staffTable).where(me), 'read')
  return { id: staffId, name: one(rows).name }
}

/**
 * A transaction of the firm a job works for, in whose audit log an act of an operator belongs; that of the operator's own firm
 * when it works for none.
 */
function inFirmOf<T>(ctx: StaffCtx, firmId: string | null, work: (tx: Tx, scope: Ctx) => Promise<T>): Promise<T> {
  const own = firmId === null || firmId === ctx.firmId
  const scope: Ctx = own ? ctx : { ...systemCtx(ctx.deps, firmId, 'operator'), requestId: ctx.requestId }
  return withFirm(scope, (tx) => work(tx, scope))
}

function logAct(ctx: StaffCtx, record: { action: string; task: string } & Record<string, unknown>): void {
  const { actor, firmId, requestId, deps } = ctx
  deps.log.info({ operatorId: actor.staffId, operatorFirmId: firmId, requestId, ...record }, 'an operator acted on failed work')
}
