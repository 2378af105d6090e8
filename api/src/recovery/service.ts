import { enqueueCheck } from '../audit/checks.ts'
import { enqueueAccessRequest } from '../auth/recovery.ts'
import { enqueueRefresh } from '../books/service.ts'
import { enqueueRevocation } from '../books/revocations.ts'
import { enqueueBulkRun } from '../bulk/service.ts'
import { enqueueDisconnect } from '../connections/disconnects.ts'
import { enqueueCheck as enqueueLinkCheck, expireUnopened } from '../connections/link-sessions.ts'
import { enqueueSeal } from '../core/audit.ts'
import { type Ctx, type Deps, systemCtx } from '../core/context.ts'
import { enqueueWebhook } from '../core/webhooks.ts'
import { waitingAccessRequests } from '../db/access-requests.ts'
import { type Tx, withFirm } from '../db/client.ts'
import { missingJobs, unhandledWebhooks } from '../db/global.ts'
import { enqueueDelivery } from '../messages/state.ts'
import { wakePushes } from '../pushes/service.ts'
import { endUnreachable } from '../pushes/unreachable.ts'
import { enqueueRuleRun } from '../transactions/rule-runs.ts'
import { enqueueRun } from '../uploads/keep.ts'
import { type Overdue, type OverdueTask, selectOverdue } from './overdue.ts'

/** The same job as whoever asked first would have added. */
const again: Record<OverdueTask, (tx: Tx, ctx: Ctx, id: string) => Promise<void>> = {
  deliver_message: (tx, ctx, id) => enqueueDelivery(tx, ctx, id, null),
  push_books: (tx, ctx, id) => wakePushes(tx, ctx, id),
  finish_link_session: (tx, { firmId }, id) => enqueueLinkCheck(tx, { firmId, id, polls: 0 }, true),
  disconnect_bank: enqueueDisconnect,
  refresh_books: enqueueRefresh,
  revoke_books: enqueueRevocation,
  apply_rules: enqueueRuleRun,
  verify_audit: enqueueCheck,
  run_bulk: enqueueBulkRun,
  run_upload: enqueueRun,
  seal_audit: (tx, ctx) => enqueueSeal(tx, ctx.firmId),
}

/**
 * Job, for one firm: gives a job to every row that needs work and has none, because it was lost or given up. What has one is left
 * alone, however often that one has failed. Also ends what can never go on: visits whose sign-in did not open, entries for a company
 * in whose place there is another.
 */
export async function recoverFirm(deps: Deps, firmId: string): Promise<void> {
  const ctx = systemCtx(deps, firmId, 'recover_work')
  const counts = await withFirm(ctx, async (tx) => {
    await expireUnopened(tx, ctx)
    const overdue = await selectOverdue(tx, ctx)
    const missing = await missingJobs(tx, overdue.map(keyOf))
    const lost = overdue.filter((row) => missing.has(keyOf(row)))
    for (const { task, id } of lost) await again[task](tx, ctx, id)
    return countByTask(lost)
  })
  await endUnreachable(ctx)
  if (Object.keys(counts).length > 0) deps.log.warn({ firmId, ...counts }, 'work without a job was found and asked for again')
}

const keyOf = ({ task, id }: Overdue): string => `${task}:${id}`

function countByTask(rows: readonly Overdue[]): Partial<Record<OverdueTask, number>> {
  const counts: Partial<Record<OverdueTask, number>> = {}
  for (const { task } of rows) counts[task] = (counts[task] ?? 0) + 1
  return counts
}

const webhooksMax = 500
const graceMs = 2 * 60_000
/** What an older webhook says has long been found out by looking. */
const webhookAgeMaxMs = 7 * 24 * 60 * 60_000

/** Job: the same for stored webhooks, which belong to no firm yet. */
export async function recoverWebhooks(deps: Deps): Promise<void> {
  const now = deps.now().getTime()
  const ids = await unhandledWebhooks(deps.db, new Date(now - webhookAgeMaxMs), new Date(now - graceMs), webhooksMax)
  const missing = await missingJobs(
    deps.db,
    ids.map((id) => `handle_webhook:${id}`),
  )
  const lost = ids.filter((id) => missing.has(`handle_webhook:${id}`))
  for (const id of lost) await enqueueWebhook(deps.db, id)
  if (lost.length > 0) deps.log.warn({ webhooks: lost.length }, 'webhooks without a job were found and asked for again')
}

/** Job: the same for what was asked for by name, before anybody knows of which firm. */
export async function recoverAccessRequests(deps: Deps): Promise<void> {
  const ids = await waitingAccessRequests(deps.db, new Date(deps.now().getTime() - graceMs), webhooksMax)
  const missing = await missingJobs(
    deps.db,
    ids.map((id) => `handle_access_request:${id}`),
  )
  const lost = ids.filter((id) => missing.has(`handle_access_request:${id}`))
  for (const id of lost) await enqueueAccessRequest(deps.db, id)
  if (lost.length > 0) deps.log.warn({ requests: lost.length }, 'requests for access without a job were found and asked for again')
}
